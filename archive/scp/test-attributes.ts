/** For tests of N-ACTION, N-CREATE, N-SET, N-GET and N-EVENT-REPORT: one request, its status, and what came with it. */
import type { Dataset } from '#dicom/data/dataset.ts';
import { type Uid, uid } from '#dicom/data/uid.ts';
import type { Command } from '#dicom/dimse/command.ts';
import { Exchange } from '#dicom/dimse/exchange.ts';
import type { Answer, Invocation, Service } from '#dicom/dimse/service.ts';
import { openListener, type TestListener } from '#dicom/dimse/test-listener.ts';
import { parseDataset, parseWhole } from '#dicom/file/parse.ts';
import { serializeDataset } from '#dicom/file/serialize.ts';
import { connectAssociation } from '#dicom/network/requestor.ts';
import { transferSyntaxOf } from '#dicom/syntax/all.ts';
import { toDicomJson } from '#dicom/web/dicom-json.ts';
import type { DicomJson } from '#dicom/web/dicom-json.ts';
import { limits } from '#settings/limits.ts';
import { archiveAt } from './test-retrieval.ts';

const explicitLE = uid('1.2.840.10008.1.2.1');
const syntax = transferSyntaxOf(explicitLE);
const parseLimits = { ...limits.dataset, elements: 100_000, attributeValueBytes: 1 << 20, attributeBytes: 1 << 22 };

export interface Reported {
  readonly command: Command;
  readonly dataset: DicomJson;
}

/** Takes reports, and answers each as `answer` says. */
function reports(sopClass: Uid, reported: Reported[], answer: (at: number) => Answer): Service<undefined> {
  return {
    name: 'Reports',
    abstractSyntaxes: (abstractSyntax) => abstractSyntax === sopClass,
    commands: {
      'N-EVENT-REPORT-RQ': async ({ command, dataset, transferSyntax }) => {
        const asked = transferSyntaxOf(transferSyntax);
        reported.push({ command, dataset: toDicomJson(await parseDataset(dataset!, asked, parseLimits)) });
        return answer(reported.length - 1);
      },
    },
  };
}

export interface AttributesPeer extends AsyncDisposable {
  /** Reports that came on this association. */
  readonly reported: readonly Reported[];
  ask(command: Invocation, dataset?: Dataset): Promise<Command & { readonly dataset?: DicomJson }>;
}

export async function associate(
  port: number,
  sopClass: Uid,
  {
    callingAETitle = 'ASKS',
    answer = () => ({ status: 0 }),
  }: { callingAETitle?: string; answer?: (at: number) => Answer } = {},
): Promise<AttributesPeer> {
  const reported: Reported[] = [];
  const services = [reports(sopClass, reported, answer)];
  const exchange = await connectAssociation(
    { ...archiveAt(port), callingAETitle, contexts: [{ abstractSyntax: sopClass, transferSyntaxes: [explicitLE] }] },
    (association, agreement) => new Exchange(association, agreement, { services, context: undefined }),
  );
  return {
    reported,
    async ask(command, dataset) {
      let answered: Promise<DicomJson> | undefined;
      const bytes = dataset && serializeDataset(dataset, syntax);
      const last = await exchange.invoke(1, command, bytes, {
        response(response) {
          if (response.dataset) answered = json(response.dataset);
        },
      });
      return { ...last, ...(answered && { dataset: await answered }) };
    },
    async [Symbol.asyncDispose]() {
      if (!exchange.isOver) await exchange.release();
    },
  };
}

async function json(pieces: AsyncIterable<Uint8Array>): Promise<DicomJson> {
  const kept: Buffer[] = [];
  for await (const piece of pieces) kept.push(Buffer.from(piece));
  return toDicomJson(parseWhole(Buffer.concat(kept), syntax, parseLimits));
}

/** A device that listens for reports. */
export async function listenForReports(
  sopClass: Uid,
  {
    aeTitle,
    host = '127.0.0.1',
    answer = () => ({ status: 0 }),
    takesRole = true,
  }: { aeTitle: string; host?: string; answer?: (at: number) => Answer; takesRole?: boolean },
): Promise<TestListener & { readonly reported: readonly Reported[]; readonly roles: unknown[] }> {
  const reported: Reported[] = [];
  const roles: unknown[] = [];
  const services = [{ ...reports(sopClass, reported, answer), asSCU: takesRole }];
  const listening = await openListener(services, {
    aeTitle,
    host,
    agreed: ({ contexts }) => roles.push(...[...contexts.values()].map(({ asSCU }) => asSCU)),
  });
  return { ...listening, reported, roles };
}
