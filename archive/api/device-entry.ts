/** What an administrator enters of a device: its form in JSON. What is left out has the value of a device that nobody has thought about. */
import { isIP } from 'node:net';
import { z } from 'zod';
import { deviceServices } from '#access/device-services.ts';
import { identityPolicies } from '#access/user-identity.ts';
import { aeTitlePattern } from '#dicom/data/ae-title.ts';
import { definedTerms } from '#dicom/data/character-set-table.ts';
import { fingerprintPattern, plainFingerprint } from '#dicom/network/secure.ts';

/** PS3.5 Table 6.2-1: leading and trailing spaces say nothing. */
export const aeTitle = z.string().regex(aeTitlePattern, '1 to 16 ASCII characters without backslash').trim().min(1);

export const deviceEntry = z.strictObject({
  aeTitle,
  host: z.string().trim().refine(isHost, 'an IP address, a network such as 10.1.0.0/16, or a host name'),
  port: z.int().min(1).max(65_535).nullable(),
  state: z.enum(['approved', 'waiting', 'refused']),
  defaultIssuer: z.string().trim().max(64),
  onOtherBytes: z.enum(['keep-first', 'replace']),
  /** Is told which instances can be retrieved here (PS3.4 Annex R). */
  wantsAvailability: z.boolean().default(false),
  /** Its port speaks TLS. */
  tls: z.boolean().default(false),
  /** Common name of its certificate, which one of DIMSE_TLS_CA must have signed. */
  tlsSubject: z.string().trim().min(1).max(64).nullable().default(null),
  /** SHA-256 of its certificate, as hexadecimal digits with or without colons. */
  tlsFingerprint: z
    .string()
    .trim()
    .regex(fingerprintPattern, 'the 64 hexadecimal digits of a SHA-256')
    .overwrite(plainFingerprint)
    .nullable()
    .default(null),
  userIdentity: z.enum(identityPolicies).default('none'),
  services: z
    .array(z.enum(deviceServices))
    .max(deviceServices.length)
    .default([...deviceServices]),
  characterSet: z.string().max(64).refine(isCharacterSet, 'defined terms of Specific Character Set').default(''),
  room: z.string().trim().max(64).default(''),
  description: z.string().trim().max(256).default(''),
});

/** As `access/addresses.ts` understands it. */
function isHost(text: string): boolean {
  const [base = '', bits, ...rest] = text.split('/');
  if (rest.length > 0 || text.length > 255) return false;
  const family = isIP(base);
  if (bits !== undefined) return family !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128);
  // A name of digits and dots is an address that was mistyped.
  return family !== 0 || (/^(?=.*[a-z])[a-z0-9]([a-z0-9._-]*[a-z0-9])?$/i.test(base) && !base.includes('..'));
}

/** The first value may be empty: the default repertoire (PS3.3 C.12.1.1.2). */
function isCharacterSet(text: string): boolean {
  return text.split('\\').every((term, at) => definedTerms.has(term) || (at === 0 && term === ''));
}
