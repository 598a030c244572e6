/**
 * Why an installation failed, from what pip or uv wrote, as a sentence with a remedy. Pure.
 *
 * pip ends with "conflicting dependencies" or "No matching distribution" wherever the index gave it nothing; the cause
 * stands in its warnings before that. The words are those of pip 22 to 26, its requests and urllib3, and of uv.
 */

/** A cause by its signs in the output, and what the user can do about it. */
interface Cause {
  readonly signs: RegExp;
  readonly sentence: string;
  /** Does a network that works help, or a variant that needs none? */
  readonly isOfNetwork: boolean;
}

/** The first whose signs are there is told: those that end an installation by themselves, then the network's, outside in. */
const CAUSES: readonly Cause[] = [
  { signs: /no space left|os error 28\b|not enough space on the disk/i, sentence: "The disk is full.", isOfNetwork: false },
  {
    signs: /do not match the hashes|hash mismatch/i,
    sentence: "A package is not the one that this extension was made with: what stands between may have changed it (a mirror, a scanner).",
    isOfNetwork: true,
  },
  {
    signs: /certificate_verify_failed|sslcertverificationerror|invalid peer certificate|unknownissuer|self[- ]signed certificate|problem confirming the ssl certificate/i,
    sentence:
      "The certificate of the package index is not trusted. If a proxy of your company signed it, add its certificate to the system's, or name the file in the environment as PIP_CERT (for uv SSL_CERT_FILE).",
    isOfNetwork: true,
  },
  {
    signs: /\b407\b|proxy authentication required/i,
    sentence: "The proxy asks for a name and a password: put them into `http.proxy` (http://NAME:PASSWORD@HOST:PORT) or HTTPS_PROXY.",
    isOfNetwork: true,
  },
  {
    signs: /proxyerror|cannot connect to proxy|tunnel connection failed|unsuccessful tunnel|proxy connect/i,
    sentence: "The proxy does not let it through: check `http.proxy`, or HTTPS_PROXY in the environment.",
    isOfNetwork: true,
  },
  {
    signs: /name or service not known|name resolution|nameresolutionerror|getaddrinfo failed|nodename nor servname|failed to lookup address|dns error|no address associated/i,
    sentence: "The host of the package index is not found. Behind a proxy, set `http.proxy`, or HTTPS_PROXY in the environment.",
    isOfNetwork: true,
  },
  {
    signs: /connection refused|newconnectionerror|actively refused|network is unreachable|no route to host|os error (?:111|61|10061|101)\b/i,
    sentence: "The package index cannot be reached. Behind a proxy, set `http.proxy`, or HTTPS_PROXY in the environment.",
    isOfNetwork: true,
  },
  {
    signs: /timed out|connecttimeout|readtimeout|operation timeout/i,
    sentence: "The package index did not answer in time. Behind a proxy, set `http.proxy`, or HTTPS_PROXY in the environment.",
    isOfNetwork: true,
  },
  {
    signs: /\b(?:401|403) (?:client )?error|\b(?:401|403) (?:unauthorized|forbidden)|403 forbidden|401 unauthorized/i,
    sentence: "The package index refuses access: check its address and login in pip's configuration.",
    isOfNetwork: true,
  },
  {
    signs: /connection (?:was )?reset|connection aborted|remotedisconnected|incompleteread|protocolerror|\b5\d\d (?:server )?error/i,
    sentence: "The connection to the package index broke off.",
    isOfNetwork: true,
  },
  {
    signs: /permission denied|access is denied|read-only file system|os error (?:13|30)\b/i,
    sentence: "A file could not be written.",
    isOfNetwork: false,
  },
  {
    signs: /from versions: none|no matching distribution|no solution found|conflicting dependencies/i,
    sentence: "The package index offers none of what is needed: it may be unreachable, or a mirror without these packages.",
    isOfNetwork: true,
  },
];

/** The longest quotation of pip's own words, in characters. */
const LONGEST = 200;

/** Return why, in a sentence or two, and what was said, quoted and cut. */
export function explainFailure(output: string): string {
  const lines = output.split(/\r?\n/).map((line) => withoutLogin(line.trim())).filter((line) => line !== "");
  const cause = CAUSES.find(({ signs }) => lines.some((line) => signs.test(line)));
  const said = lines.find((line) => cause?.signs.test(line)) ?? lines.find((line) => /^error\b/i.test(line)) ?? lines.at(-1);
  const need = "This needs the network once, or the variant of the extension that carries everything.";
  const told = [cause?.sentence, cause?.isOfNetwork === false ? undefined : need, `It said: ${said ? quoted(said, cause?.signs) : "nothing"}`];
  return told.filter(Boolean).join(" ");
}

/** Return the part of a line that matters, of bounded length. */
function quoted(line: string, signs: RegExp | undefined): string {
  if (line.length <= LONGEST) {
    return `“${line}”`;
  }
  const at = Math.max(0, (signs?.exec(line)?.index ?? 0) - LONGEST / 2);
  return `“${at > 0 ? "…" : ""}${line.slice(at, at + LONGEST)}${at + LONGEST < line.length ? "…" : ""}”`;
}

/** Return a line without the names and passwords in its addresses. */
function withoutLogin(line: string): string {
  return line.replace(/(\w:\/\/)[^\s/@"']+@/g, "$1…@");
}
