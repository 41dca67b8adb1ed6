/** For tests of sends: an archive with both doors, devices that take what is sent, and the API as a program uses it. */
import { afterAll, beforeAll, expect, vi } from 'vitest';
import { isWithin } from '#access/addresses.ts';
import { addDevices } from '#access/devices.ts';
import { uid } from '#dicom/data/uid.ts';
import { connectExchange, store } from '#dicom/dimse/requests.ts';
import { completeQuietStudies } from '#index/completeness.ts';
import { routeCompletedStudies } from '#index/routed-studies.ts';
import { secondaryCapture, smallInstance, type SmallInstance } from '#tests/dataset-bytes.ts';
import { startWholeArchive, type WholeArchive } from '#tests/whole-archive.ts';
import { openDestination, type TestDestination } from '../scp/test-destination.ts';
import { archiveAt, explicitLE } from '../scp/test-retrieval.ts';

export interface SendJson {
  readonly id: number;
  readonly StudyInstanceUID: string;
  readonly route: string | null;
  readonly destination: string;
  readonly state: string;
  readonly cause: { readonly code: string } | null;
  readonly total: number | null;
  readonly sent: number;
}

export interface Found {
  readonly sends: SendJson[];
  readonly counts: Record<string, number>;
}

interface StoredStudy extends Pick<SmallInstance, 'patientName' | 'patientID'> {
  readonly from?: number;
  readonly to?: number;
  readonly modality?: string;
  readonly by?: string;
}

/** Runs one for the tests of the file that calls this. */
export function sendsArchive() {
  let opened: WholeArchive;
  const open = new AsyncDisposableStack();
  beforeAll(async () => {
    opened = open.use(await startWholeArchive());
  });
  afterAll(() => open.disposeAsync());
  const archive = (): WholeArchive => opened;

  async function api<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    authorization = archive().authorization,
  ): Promise<{ status: number; json: T }> {
    const response = await fetch(archive().dicomweb.replace(/dicom-web$/, `api${path}`), {
      method,
      headers: {
        authorization,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: (text === '' ? undefined : JSON.parse(text)) as T };
  }

  /** Stores instances `from` … `to` of a study as a device of that title would. */
  async function storeStudy(
    study: string,
    { from = 1, to = 3, modality = 'CT', by = 'CT1', ...patient }: StoredStudy = {},
  ): Promise<void> {
    const exchange = await connectExchange({
      ...archiveAt(archive().dimsePort),
      callingAETitle: by,
      contexts: [{ abstractSyntax: secondaryCapture, transferSyntaxes: [explicitLE] }],
    });
    for (let number = from; number <= to; number++) {
      const instance = `${study}.1.${number}`;
      const dataset = smallInstance({ study, series: `${study}.1`, instance, modality, ...patient });
      const sent = { sopClassUID: uid(secondaryCapture), sopInstanceUID: uid(instance), transferSyntaxUID: explicitLE };
      expect((await store(exchange, { ...sent, dataset })).status).toBe(0);
    }
    await exchange.release();
  }

  let devices = 0;
  /** A device that listens, in the registry. */
  async function device(
    options: Omit<Parameters<typeof openDestination>[0], 'aeTitle'> = {},
  ): Promise<TestDestination & { id: number; aeTitle: string }> {
    const aeTitle = `DEST${++devices}`;
    const destination = open.use(await openDestination({ aeTitle, ...options }));
    const { pool } = archive().postgres.database;
    await addDevices({ database: pool, devices: [{ aeTitle, host: '127.0.0.1', port: destination.port }] });
    const { rows } = await pool.query<{ id: number }>('SELECT id FROM site.device WHERE ae_title = $1', [aeTitle]);
    return Object.assign(destination, { id: rows[0]!.id, aeTitle });
  }

  async function addRoute(destination: number, more: object = {}): Promise<{ id: number }> {
    const route = { name: 'CT to archive', enabled: true, modalities: ['CT'], sourceAETitles: [], priority: 'medium' };
    const { status, json } = await api<{ id: number }>('POST', '/routes', {
      ...route,
      destination,
      window: null,
      ...more,
    });
    expect(status).toBe(201);
    return json;
  }

  /** What happens when nothing has come for a while: nobody waits for two minutes here. */
  async function becomeQuiet(): Promise<void> {
    const { database } = archive().postgres;
    await completeQuietStudies(database, 0, 500);
    await routeCompletedStudies(database, { days: 14, studies: 500, isAt: isWithin });
  }

  const sendsOf = async (study: string): Promise<SendJson[]> =>
    (await api<{ sends: SendJson[] }>('GET', `/sends?StudyInstanceUID=${study}`)).json.sends;

  /** Awaits that the one send of a study is as it should be. @throws AssertionError with the send as it was last */
  async function waitFor(study: string, isSo: (send: SendJson) => boolean): Promise<SendJson> {
    return vi.waitFor(
      async () => {
        const sends = await sendsOf(study);
        expect(sends).toEqual([expect.toSatisfy(isSo)]);
        return sends[0]!;
      },
      { timeout: 120_000, interval: 50 },
    );
  }

  const inState = (study: string, state: string): Promise<SendJson> => waitFor(study, (send) => send.state === state);

  const addSend = async (study: string, to: number): Promise<SendJson> => {
    const { status, json } = await api<SendJson>('POST', '/sends', { StudyInstanceUID: study, device: to });
    expect(status).toBe(201);
    return json;
  };

  return { archive, open, api, storeStudy, device, addRoute, becomeQuiet, sendsOf, waitFor, inState, addSend };
}
