/** The certificates that this machine trusts, in a file: pip and uv bring lists of their own, which lack a company's. */

import * as fs from "node:fs/promises";
import * as path from "node:path";
import * as tls from "node:tls";
import * as vscode from "vscode";
import { networkVariables, readNetworkSettings } from "./network";

/** Node 22.15 and newer. */
type GetCertificates = ((kind: "default" | "system" | "extra") => string[]) | undefined;

/** Return the variables that lead pip, uv and the server through VS Code's proxy, with the system's certificates. */
export async function networkEnvironment(storage: string): Promise<Record<string, string>> {
  const settings = vscode.workspace.getConfiguration("http");
  // A workspace has no say in it: only the user's values are read.
  const usersOwn = (key: string): unknown => {
    const found = settings.inspect(key);
    return found?.globalValue ?? found?.defaultValue;
  };
  const certificates = usersOwn("systemCertificates") === false ? undefined : await writeCertificates(storage);
  return networkVariables(process.env, readNetworkSettings(usersOwn), certificates);
}

/** Write the file and return its path; undefined where Node does not tell, or the file cannot be written. */
async function writeCertificates(storage: string): Promise<string | undefined> {
  try {
    const get = (tls as unknown as { getCACertificates: GetCertificates }).getCACertificates;
    // `extra` are those of NODE_EXTRA_CA_CERTS.
    const found = get ? [...get("system"), ...get("extra")] : [];
    if (get === undefined || found.length === 0) {
      return undefined;
    }
    const text = [...new Set([...found, ...get("default")])].map((certificate) => `${certificate.trim()}\n`).join("");
    const file = path.join(storage, "certificates.pem");
    if ((await fs.readFile(file, "utf8").catch(() => "")) !== text) {
      await fs.mkdir(storage, { recursive: true });
      // Another window may read it meanwhile.
      await fs.writeFile(`${file}.${process.pid}`, text);
      await fs.rename(`${file}.${process.pid}`, file);
    }
    return file;
  } catch {
    return undefined;
  }
}
