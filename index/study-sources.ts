/**
 * Which machines have sent of a study. The index knows the AE title and the address of each, which a rebuilt one has from
 * the objects; whose they are is for the device registry to say, as it now stands.
 */
import type { Pool, PoolClient } from 'pg';

export interface StudySources {
  readonly aeTitles: readonly string[];
  /** Numbers of the devices of the registry that they are: every entry that means the address. */
  readonly devices: readonly number[];
  /** AE titles of senders that are none of them (any more): any device of the title may be the one. */
  readonly unregistered: readonly string[];
}

/** @param host  an address, a network or a host name @returns whether it is, or has, this address */
export type IsAt = (host: string, address: string) => Promise<boolean>;

interface Sender {
  title: string;
  address: string;
  entries: { readonly id: number; readonly host: string }[];
}

export async function studySources(
  database: Pool | PoolClient,
  StudyInstanceUID: string,
  isAt: IsAt,
): Promise<StudySources> {
  const { rows } = await database.query<Sender>({
    name: 'study-sources',
    text: `
      SELECT o.calling_ae_title AS title, o.address, coalesce((
          SELECT json_agg(json_build_object('id', d.id, 'host', d.host) ORDER BY d.id)
          FROM site.device d WHERE d.ae_title = o.calling_ae_title AND d.state = 'approved'), '[]') AS entries
      FROM index.source o
      WHERE o.id IN (
        SELECT i.source FROM index.readable_studies(NULL) s
        JOIN index.series e ON e.study = s.id JOIN index.readable_instances(NULL) i ON i.series = e.id
        WHERE s.study_instance_uid = $1)`,
    values: [StudyInstanceUID],
  });
  const devices = new Set<number>();
  const unregistered = new Set<string>();
  for (const { title, address, entries } of rows) {
    let isKnown = false;
    for (const { id, host } of entries) {
      if (!(await isAt(host, address))) continue;
      devices.add(id);
      isKnown = true;
    }
    if (!isKnown) unregistered.add(title);
  }
  const aeTitles = [...new Set(rows.map(({ title }) => title))];
  return { aeTitles, devices: [...devices], unregistered: [...unregistered] };
}
