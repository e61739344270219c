/** One suite of an archive that the machine's apt is set up for. */
export interface ArchiveSuite {
  /** Archive root as apt knows it, without a slash at its end. */
  readonly uri: string;
  readonly suite: string;
  readonly components: string[];
}

/** What /etc/os-release says, as far as it matters here. */
export interface OsRelease {
  /** "debian", "ubuntu", … */
  readonly id: string;
  /** "bookworm", "noble", …; for a derivative of Ubuntu the codename of the Ubuntu beneath. */
  readonly codename: string;
  readonly isUbuntu: boolean;
}

/** The first Debian suite since bullseye that carries Asterisk. */
const debianSuiteWithAsterisk = "forky";

/** Components that hold what we fetch: Debian's main; on Ubuntu asterisk lies in universe. */
const neededComponents = ["main", "universe"];

/** Reads the text of /etc/os-release. */
export function parseOsRelease(text: string): OsRelease {
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^([A-Z_]+)=(.*)$/.exec(line.trim());
    if (match?.[1]) fields.set(match[1], (match[2] ?? "").replace(/^(["'])(.*)\1$/, "$2"));
  }
  const id = fields.get("ID") ?? "";
  const isUbuntu = id === "ubuntu" || (fields.get("ID_LIKE") ?? "").split(" ").includes("ubuntu");
  return { id, isUbuntu, codename: fields.get("UBUNTU_CODENAME") ?? fields.get("VERSION_CODENAME") ?? "" };
}

/**
 * Reads the archives out of what `apt-get update --print-uris` prints.
 * That is asked, and not `apt-get indextargets`, since the latter names nothing on a fresh image whose lists are empty.
 */
export function parseUpdateUris(printed: string): ArchiveSuite[] {
  const suites = new Map<string, ArchiveSuite>();
  for (const line of printed.split("\n")) {
    const match = /^'(.+)\/dists\/(.+?)\/(?:InRelease|([^/']+)\/binary-[^/']+\/Packages[^/']*)'/.exec(line);
    const [, uri, suite, component] = match ?? [];
    if (!uri || !suite) continue;
    const key = `${uri} ${suite}`;
    const known = suites.get(key) ?? { uri, suite, components: [] };
    if (component && !known.components.includes(component)) known.components.push(component);
    suites.set(key, known);
  }
  return [...suites.values()];
}

/**
 * Lines of a sources.list from which Asterisk can be had, made from the archives the machine uses.
 * Debian: suite forky of the same archive. Ubuntu: its own suites. Empty where neither is possible.
 * @param keyring path of the archive's keyring; without it apt's own trusted keys count
 */
export function telephonySources(os: OsRelease, archives: readonly ArchiveSuite[], keyring?: string): string[] {
  const own = ownSuites(os, archives);
  if (os.isUbuntu) return own.map((suite) => sourceLine(suite, keyring));
  const archive = own.find((suite) => !/security|updates|backports/.test(suite.suite));
  if (!archive) return [];
  return [sourceLine({ ...archive, suite: debianSuiteWithAsterisk, components: ["main"] }, keyring)];
}

/** Lines of a sources.list with the machine's own suites only, third-party archives left out. */
export function ownSources(os: OsRelease, archives: readonly ArchiveSuite[], keyring?: string): string[] {
  return ownSuites(os, archives).map((suite) => sourceLine(suite, keyring));
}

/** The suites of the distribution itself, with the components that matter. */
function ownSuites(os: OsRelease, archives: readonly ArchiveSuite[]): ArchiveSuite[] {
  const names = [os.codename, "stable", "oldstable", "testing", "unstable", "sid"].filter((name) => name !== "");
  const accepted = new Set(names.flatMap((name) => [name, `${name}-updates`, `${name}-security`]));
  const candidates = archives
    .map((suite) => ({
      ...suite,
      components: suite.components.filter((component) => neededComponents.includes(component)),
    }))
    .filter((suite) => accepted.has(suite.suite) && suite.components.length > 0);
  // A third-party archive may use the same suite and component names; the distribution's own path says its name.
  const named = candidates.filter((suite) => /debian|ubuntu/i.test(pathOf(suite.uri)));
  return named.length > 0 ? named : candidates;
}

function pathOf(uri: string): string {
  return uri.replace(/^[a-z+]+:\/\/[^/]*/i, "");
}

function sourceLine(suite: ArchiveSuite, keyring: string | undefined): string {
  const options = keyring ? `[signed-by=${keyring}] ` : "";
  return `deb ${options}${suite.uri} ${suite.suite} ${suite.components.join(" ")}`;
}
