/**
 * The proxy and the certificates that VS Code itself uses, as variables of an environment: pip, uv and the server know
 * only those. Pure. What the environment says already stays as it is.
 */

/** What VS Code's settings `http.*` say. */
export interface NetworkSettings {
  readonly proxy: string;
  readonly noProxy: readonly string[];
  /** `off` means that extensions use no proxy. */
  readonly proxySupport: string;
}

/** Return the settings, from a function that looks a key of the section `http` up; wrong types count as unset. */
export function readNetworkSettings(get: (key: string) => unknown): NetworkSettings {
  const [proxy, noProxy, proxySupport] = [get("proxy"), get("noProxy"), get("proxySupport")];
  return {
    proxy: typeof proxy === "string" ? proxy.trim() : "",
    noProxy: Array.isArray(noProxy) ? noProxy.filter((host): host is string => typeof host === "string") : [],
    proxySupport: typeof proxySupport === "string" ? proxySupport : "",
  };
}

/**
 * Return the variables to be added to `env`. `certificates` is a file with all certificates that this machine trusts, or
 * undefined where that is not known.
 */
export function networkVariables(env: NodeJS.ProcessEnv, settings: NetworkSettings, certificates?: string): Record<string, string> {
  return { ...proxyVariables(env, settings), ...certificateVariables(env, certificates) };
}

function proxyVariables(env: NodeJS.ProcessEnv, { proxy, noProxy, proxySupport }: NetworkSettings): Record<string, string> {
  const isProxy = /^https?:\/\/[^\s]+$/i.test(proxy) && proxySupport !== "off";
  if (!isProxy || names(env, "https_proxy", "http_proxy", "all_proxy")) {
    return {};
  }
  const direct = ["localhost", "127.0.0.1", "::1", ...noProxy];
  // In both cases: an empty variable in lower case would hide the other one from Python.
  const inBothCases = (name: string, value: string) => ({ [name]: value, [name.toLowerCase()]: value });
  return {
    ...inBothCases("HTTPS_PROXY", proxy),
    ...inBothCases("HTTP_PROXY", proxy),
    ...(names(env, "no_proxy") ? {} : inBothCases("NO_PROXY", direct.join(","))),
  };
}

/** pip reads REQUESTS_CA_BUNDLE, after its own configuration (`cert`); uv and Python's OpenSSL read SSL_CERT_FILE. */
function certificateVariables(env: NodeJS.ProcessEnv, certificates: string | undefined): Record<string, string> {
  if (certificates === undefined) {
    return {};
  }
  return {
    ...(names(env, "requests_ca_bundle", "curl_ca_bundle", "pip_cert") ? {} : { REQUESTS_CA_BUNDLE: certificates }),
    ...(names(env, "ssl_cert_file", "ssl_cert_dir") ? {} : { SSL_CERT_FILE: certificates }),
  };
}

/** Does the environment have a value under one of these names, in any case? */
function names(env: NodeJS.ProcessEnv, ...wanted: string[]): boolean {
  return Object.entries(env).some(([name, value]) => value && wanted.includes(name.toLowerCase()));
}
