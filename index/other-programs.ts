/** Who else works with this database, from whatever machine: asked before what nobody may be in the middle of. */
import type pg from 'pg';

/**
 * Which other parts of Lightbox are connected to this database, by the names they give themselves.
 * @param names  a regular expression for what stands behind `lightbox `; any of them without it
 */
export async function otherPrograms(client: pg.Pool | pg.PoolClient, names = ''): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT DISTINCT application_name || coalesce(' on ' || host(client_addr), '') AS name FROM pg_stat_activity
     WHERE datname = current_database() AND application_name ~ ('^lightbox ' || $1) AND pid <> pg_backend_pid() ORDER BY 1`,
    [names],
  );
  return rows.map(({ name }) => name);
}
