/**
 * How the embedded PostgreSQL is set, all of it on the command line, so that no file in the cluster can say otherwise.
 */

/** Acknowledged means kept (contract, promise 1): never to be weakened, so written out although they are the defaults. */
const durable = { fsync: 'on', synchronous_commit: 'on', full_page_writes: 'on', data_sync_retry: 'off' };

/**
 * How the log is made durable where PostgreSQL's own choice leaves it in the disk's cache, which a power cut empties (its manual,
 * "Reliability"). On Linux fdatasync, its choice there, does not.
 */
const syncMethods: Partial<Record<NodeJS.Platform, string>> = { darwin: 'fsync_writethrough', win32: 'fsync' };

/** For a PC with 4 GB that also runs the archive, the worker and a browser. */
const modest = {
  max_connections: '60',
  shared_buffers: '128MB',
  effective_cache_size: '512MB',
  work_mem: '8MB',
  // A page of an index that is read at all lies in the system's cache or on an SSD: hardly dearer than the next one in a row.
  random_page_cost: '1.1',
  maintenance_work_mem: '64MB',
  max_worker_processes: '4',
  max_parallel_workers_per_gather: '1',
  max_logical_replication_workers: '0',
  autovacuum_max_workers: '2',
  // An index that fills quickly is known to the planner before it is asked.
  autovacuum_naptime: '10s',
  // Reading by the backend itself: no helper processes, and what we read is in the cache or short.
  io_method: 'sync',
  jit: 'off',
};

/** Segments are reused rather than made: a commit then syncs data only. Full pages are written once in 10 minutes. */
const writeAheadLog = {
  min_wal_size: '256MB',
  max_wal_size: '1GB',
  checkpoint_timeout: '10min',
  wal_compression: 'off',
};

/** No statement, parameter or detail in the log: they carry patients' names (contract, promise 8). */
const discreetLog = {
  logging_collector: 'off',
  log_destination: 'stderr',
  log_line_prefix: '%m [%p] ',
  log_timezone: 'UTC',
  log_error_verbosity: 'terse',
  log_min_error_statement: 'panic',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
};

/** A backend whose archive was killed ends within seconds, also in the middle of a long statement. */
const watchful = { client_connection_check_interval: '5s', restart_after_crash: 'on' };

/** Where the server listens: a socket in a directory of its own, or a port on this machine. */
export type Endpoint = { readonly socketDir: string; readonly port: number } | { readonly port: number };

/** Command line of `postgres`, without the program itself. */
export function postgresArguments(
  cluster: string,
  endpoint: Endpoint,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const syncMethod = syncMethods[platform];
  const listening =
    'socketDir' in endpoint
      ? { listen_addresses: '', unix_socket_directories: quoted(endpoint.socketDir), unix_socket_permissions: '0700' }
      : { listen_addresses: '127.0.0.1', unix_socket_directories: '' };
  const options = {
    ...durable,
    ...(syncMethod && { wal_sync_method: syncMethod }),
    ...modest,
    ...writeAheadLog,
    ...discreetLog,
    ...watchful,
    ...listening,
    port: String(endpoint.port),
    lc_messages: 'C',
    timezone: 'UTC',
  };
  return ['-D', cluster, ...Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
}

/** As an item of a list in which commas and spaces separate. */
function quoted(path: string): string {
  return `"${path.replaceAll('"', '""')}"`;
}
