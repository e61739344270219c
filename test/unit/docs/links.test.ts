/** Every relative link of the documentation leads to a file, and to a heading of it. */
import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";

const root = path.join(import.meta.dirname, "../../..");
const pages = globSync(["*.md", "docs/**/*.md", ".github/**/*.md"], { cwd: root });

/** As GitHub makes the anchor of a heading: lower case, no punctuation, hyphens for spaces. */
function anchorsOf(markdown: string): Set<string> {
  const headings = markdown.replace(/```.*?```/gs, "").matchAll(/^#{1,6} (.+)$/gm);
  return new Set(
    [...headings].map(([, heading = ""]) =>
      heading
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(" ", "-"),
    ),
  );
}

it.each(pages)("the links of %s lead somewhere", (page) => {
  const text = readFileSync(path.join(root, page), "utf8")
    .replace(/```.*?```/gs, "")
    .replace(/`[^`\n]*`/g, "");
  const broken = [...text.matchAll(/\]\(([^()\s]+)\)/g)]
    .map(([, target = ""]) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [file = "", anchor] = target.split("#");
      const linked = file === "" ? path.join(root, page) : path.resolve(root, path.dirname(page), file);
      if (!existsSync(linked)) return true;
      return anchor !== undefined && !anchorsOf(readFileSync(linked, "utf8")).has(anchor);
    });
  expect(broken).toEqual([]);
});

it("pages that messages, comments, examples and Compose files name are there", () => {
  const files = globSync(
    ["src/**/*.ts", "test/**/*.ts", "docs/{examples,deploy}/*", "docker-compose*.yml", "Dockerfile"],
    {
      cwd: root,
    },
  ).filter((file) => /\.\w+$|Dockerfile$/.test(file));
  const missing = files.flatMap((file) => {
    const named =
      readFileSync(path.join(root, file), "utf8").match(
        /(?<![\w/-])docs\/[\w/.-]+\.(?:md|ya?ml|json|service|env)\b/g,
      ) ?? [];
    return named.filter((page) => !existsSync(path.join(root, page))).map((page) => `${file}: ${page}`);
  });
  expect(files.length).toBeGreaterThan(500);
  expect(missing).toEqual([]);
});
