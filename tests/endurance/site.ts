/** A hospital around a running Lightbox, for the endurance run: what it has sent, and how it sends and asks. */
import { once } from 'node:events';
import http from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

import { uid } from '#dicom/data/uid.ts';
import { verificationSOPClass } from '#dicom/data/sop-class.ts';
import type { Exchange } from '#dicom/dimse/exchange.ts';
import { studyRoot } from '#dicom/dimse/query-retrieve.ts';
import { connectExchange } from '#dicom/dimse/requests.ts';
import { fileHead } from '#dicom/file/file-meta.ts';
import { ctSeries } from '#samples/ct.ts';
import { uidOf } from '#samples/seed.ts';
import { type Sample, study } from '#samples/study.ts';
import { dicomFile } from '#samples/write.ts';
import { knowingItself } from '../dimse-fuzz/recording.ts';

export const ctImageStorage = uid('1.2.840.10008.5.1.4.1.1.2');
export const explicitLittleEndian = uid('1.2.840.10008.1.2.1');
const password = 'a password for every day';

/** Of one study. They are computed once: others for each study would take longer to compute than to send. */
const mostSlices = 5;

/** Studies that are looked at: the last ones. */
const remembered = 60;

export type Association = Exchange<undefined>;

export interface Slice {
  readonly sopInstanceUID: string;
  readonly file: Buffer;
  readonly dataset: Buffer;
}

export interface Study {
  readonly studyInstanceUID: string;
  readonly seriesInstanceUID: string;
  readonly sopInstanceUIDs: readonly string[];
}

/** Of a Lightbox that knows itself as a destination, so that what is moved is sent. */
export async function ordinarySettings(): Promise<Record<string, string>> {
  return { ADMIN_PASSWORD: password, ...(await knowingItself()) };
}

export class Site {
  readonly random: () => number;
  readonly authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  readonly #address: string;
  readonly #seed: string;
  readonly #aeTitle: string;
  readonly #host: string;
  readonly #port: number;
  readonly #studies: Study[] = [];
  /** Made, and not acknowledged yet: which study and series a SOP Instance UID is of. */
  readonly #known = new Map<string, [study: string, series: string]>();
  readonly #samples: readonly Sample[];
  #made = 0;

  /** @param dicom `LIGHTBOX@127.0.0.1:11112` */
  constructor({ address, dicom }: { address: string; dicom: string }, seed: string, random: () => number) {
    const [aeTitle = '', host = '', port = ''] = dicom.split(/[@:]/);
    [this.#address, this.#aeTitle, this.#host, this.#port] = [address, aeTitle, host, Number(port)];
    this.#seed = seed;
    this.#samples = [...ctSeries({ seed, number: 0, slices: mostSlices })];
    this.random = random;
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random() * list.length)] as T;
  }

  /** A study of one series of CT slices of half a megabyte that nobody has sent yet; of the pixels others have the same. */
  newStudy(slices: number): Slice[] {
    const number = this.#made++;
    const common = study(this.#seed, number, 'CT');
    const SeriesInstanceUID = uidOf(`${this.#seed} series ${number}`);
    const series = this.#samples.slice(0, slices).map(({ attributes }, at) => ({
      ...attributes,
      ...common,
      SeriesInstanceUID,
      SOPInstanceUID: uidOf(`${this.#seed} instance ${number} ${at}`),
    }));
    return series.map((attributes) => {
      const file = dicomFile(attributes);
      const { SOPInstanceUID } = attributes;
      const head = fileHead({
        MediaStorageSOPClassUID: ctImageStorage,
        MediaStorageSOPInstanceUID: SOPInstanceUID,
        TransferSyntaxUID: explicitLittleEndian,
      });
      this.#known.set(SOPInstanceUID, [String(common['StudyInstanceUID']), SeriesInstanceUID]);
      return { sopInstanceUID: SOPInstanceUID, file, dataset: file.subarray(head.length) };
    });
  }

  /** What was acknowledged is looked at from now on. */
  remember(slices: readonly Slice[]): void {
    const [studyInstanceUID, seriesInstanceUID] = this.#known.get(slices[0]!.sopInstanceUID)!;
    const sopInstanceUIDs = slices.map(({ sopInstanceUID }) => sopInstanceUID);
    for (const { sopInstanceUID } of slices) this.#known.delete(sopInstanceUID);
    this.#studies.push({ studyInstanceUID, seriesInstanceUID, sopInstanceUIDs });
    if (this.#studies.length > remembered) this.#studies.shift();
  }

  get study(): Study {
    return this.pick(this.#studies);
  }

  get instance(): string {
    const { studyInstanceUID, seriesInstanceUID, sopInstanceUIDs } = this.study;
    const instances = `${this.#series(studyInstanceUID, seriesInstanceUID)}/instances`;
    return `${instances}/${this.pick(sopInstanceUIDs)}`;
  }

  get series(): string {
    const { studyInstanceUID, seriesInstanceUID } = this.study;
    return this.#series(studyInstanceUID, seriesInstanceUID);
  }

  #series(study: string, series: string): string {
    return `/dicom-web/studies/${study}/series/${series}`;
  }

  /** An association with everything that is asked for here. @throws AssociationRejected */
  associate(callingAETitle = 'EVERYDAY', calledAETitle = this.#aeTitle): Promise<Association> {
    const classes = [ctImageStorage, verificationSOPClass, studyRoot.find, studyRoot.move];
    return connectExchange({
      host: this.#host,
      port: this.#port,
      callingAETitle,
      calledAETitle,
      contexts: classes.map((abstractSyntax) => ({ abstractSyntax, transferSyntaxes: [explicitLittleEndian] })),
    });
  }

  /** Each request has a connection of its own. @returns the status. @throws Error when the answer breaks off */
  async ask(path: string, { method = 'GET', headers = {}, body = '' as string | Buffer } = {}): Promise<number> {
    const [status] = await this.#request(path, { method, headers, body }, async (response) => {
      for await (const _ of response);
    });
    return status;
  }

  /** Signs in, asks as the browser would, and signs out. @returns the statuses */
  async visit(): Promise<number[]> {
    const own = { origin: new URL(this.#address).origin, authorization: '' };
    const body = JSON.stringify({ name: 'admin', password });
    const asJson = { ...own, 'content-type': 'application/json' };
    const [login, { 'set-cookie': cookies = [] }] = await this.#request(
      '/api/login',
      { method: 'POST', headers: asJson, body },
      async (response) => {
        for await (const _ of response);
      },
    );
    const cookie = cookies.map((each) => each.split(';', 1)[0]).join('; ');
    const visited = [login, await this.ask('/', { headers: { ...own, cookie } })];
    visited.push(await this.ask('/api/session', { headers: { ...own, cookie } }));
    visited.push(await this.ask('/api/logout', { method: 'POST', headers: { ...own, cookie } }));
    return visited;
  }

  /** Goes away while the answer comes. */
  async askAndLeave(path: string, headers = {}): Promise<void> {
    await this.#request(path, { method: 'GET', headers, body: '' }, async (response) => {
      await delay(this.random() * 20);
      response.destroy();
    }).catch(() => {}); // cut off
  }

  async #request(
    path: string,
    { method, headers, body }: { method: string; headers: http.OutgoingHttpHeaders; body: string | Buffer },
    read: (response: http.IncomingMessage) => Promise<void>,
  ): Promise<[status: number, headers: http.IncomingHttpHeaders]> {
    // Nobody sends an empty one: it stands for none.
    const { authorization = this.authorization, ...others } = headers;
    const request = http.request(new URL(path, this.#address), {
      method,
      headers: authorization === '' ? others : { authorization, ...others },
      agent: false,
    });
    request.end(body);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    response.on('error', () => {}); // also said by what reads it
    await read(response);
    return [response.statusCode!, response.headers];
  }

  /** Sends bytes to one of the doors and hangs up before the end. */
  async sendAndLeave(door: 'DICOM' | 'HTTP', bytes: Uint8Array | string): Promise<void> {
    const port = door === 'DICOM' ? this.#port : Number(new URL(this.#address).port);
    const socket: Socket = connect(port, this.#host);
    socket.on('error', () => {}); // it may hang up first
    socket.write(bytes);
    await Promise.race([once(socket, 'close'), delay(50)]);
    socket.destroy();
  }
}
