/** `--gateway`: where a command asks a running gateway. */

export function isGatewayAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:\/\//.test(text);
}

/** What is wrong, for the command line. */
export function wrongGateway(text: string): { readonly wrong: string } {
  return { wrong: `--gateway must be an address such as http://127.0.0.1:8080, not ${JSON.stringify(text)}` };
}
