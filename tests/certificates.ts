/** Keys and certificates for tests, made by openssl: `name.key` and `name.pem` in one directory. */
import { execFile } from 'node:child_process';
import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Certificate } from '#dicom/network/secure.ts';
import { isInstalled } from './installed.ts';

const run = promisify(execFile);

export const hasOpenssl = isInstalled('openssl', 'version');

export class CertificateDirectory {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Path of a file in it. */
  at(name: string): string {
    return join(this.#directory, name);
  }

  /** A key, and a certificate of this machine that an authority (or itself) has signed. */
  async certify(name: string, commonName: string, authority?: string, days = '2'): Promise<void> {
    const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', this.at(`${name}.key`), '-subj', `/CN=${commonName}`];
    if (authority === undefined) {
      await run('openssl', ['req', '-x509', ...key, '-out', this.at(`${name}.pem`), '-days', days]);
      return;
    }
    await run('openssl', ['req', ...key, '-out', this.at(`${name}.csr`)]);
    await writeFile(this.at(`${name}.ext`), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n');
    // A number of its own: several are made side by side, and the file that openssl counts in would be read half written.
    const serial = `0x${randomBytes(8).toString('hex')}`;
    const by = ['-CA', this.at(`${authority}.pem`), '-CAkey', this.at(`${authority}.key`), '-set_serial', serial];
    const out = ['-out', this.at(`${name}.pem`), '-days', days, '-extfile', this.at(`${name}.ext`)];
    await run('openssl', ['x509', '-req', '-in', this.at(`${name}.csr`), ...by, ...out]);
  }

  async own(name: string): Promise<Certificate> {
    return { cert: await this.pem(name), key: await readFile(this.at(`${name}.key`), 'utf8') };
  }

  pem(name: string): Promise<string> {
    return readFile(this.at(`${name}.pem`), 'utf8');
  }

  /** SHA-256 in hexadecimal. */
  async fingerprint(name: string): Promise<string> {
    return new X509Certificate(await this.pem(name)).fingerprint256.replaceAll(':', '').toLowerCase();
  }

  /** Options of DCMTK: with this certificate, believing that authority. */
  dcmtk(name: string, authority: string): string[] {
    return ['+tls', this.at(`${name}.key`), this.at(`${name}.pem`), '+cf', this.at(`${authority}.pem`)];
  }
}
