/**
 * Associations as real peers speak them, recorded: every DIMSE service, by DCMTK's programs where they are installed and by
 * our own requestor, through a proxy that keeps what the requestor sends.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { associate } from '#archive/scp/test-attributes.ts';
import { archiveAt } from '#archive/scp/test-retrieval.ts';
import {
  performedStepRetrieveSOPClass,
  performedStepSOPClass,
  storageCommitmentInstance,
  storageCommitmentSOPClass,
  verificationSOPClass,
} from '#dicom/data/sop-class.ts';
import { commandFields } from '#dicom/dimse/command.ts';
import { connectExchange, echo } from '#dicom/dimse/requests.ts';
import { ctSeries } from '#samples/ct.ts';
import { dicomFile } from '#samples/write.ts';
import { secondaryCapture } from '../dataset-bytes.ts';
import { freePort } from '../free-port.ts';
import { datasetOf } from '../dataset-of.ts';
import { isInstalled } from '../installed.ts';
import { performedStepBegun, wrongEntrySelected } from '../performed-steps.ts';
import { recorded } from './recorder.ts';

const run = promisify(execFile);
const hasDcmtk = isInstalled('storescu');

/** A program that waits for ever records nothing more. */
const programMs = 60_000;

/** Settings of an archive that knows itself as a destination, so that what is moved is sent. */
export async function knowingItself(): Promise<Record<string, string>> {
  const port = String(await freePort());
  return { DIMSE_PORT: port, DEVICES: `LIGHTBOX@127.0.0.1:${port}` };
}

/** What requestors sent, connection by connection. @param port of an archive that trusts this machine */
export async function recordAssociations(port: number): Promise<Buffer[]> {
  return recorded(port, 'requestor', async (through) => {
    if (hasDcmtk) await speakAsDcmtk(through);
    await speakAsModality(through);
    await callAsSomebody(through);
  });
}

/** User identity of every type (PS3.7 D.3.3.7), with and without an answer that is asked for. */
async function callAsSomebody(port: number): Promise<void> {
  const contexts = [{ abstractSyntax: verificationSOPClass, transferSyntaxes: ['1.2.840.10008.1.2'] }];
  for (let type = 1; type <= 5; type++) {
    const userIdentity = {
      type,
      positiveResponseRequested: type % 2 === 0,
      primary: Buffer.from(type > 2 ? 'x'.repeat(2_000) : 'technician'),
      secondary: Buffer.from(type === 2 ? 'secret' : ''),
    };
    const exchange = await connectExchange({ ...archiveAt(port), contexts, userInformation: { userIdentity } });
    await echo(exchange);
    await exchange.release();
  }
}

async function speakAsDcmtk(port: number): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'lightbox-recording-'));
  try {
    const [instance] = ctSeries({ seed: 'recording', number: 1, slices: 1 });
    const { PixelData: _pixels, ...attributes } = instance!.attributes;
    const file = join(directory, 'ct.dcm');
    await writeFile(file, dicomFile(attributes));
    const study = String(attributes.StudyInstanceUID);
    const ask = (program: string, ...args: string[]) =>
      // What is answered does not matter here: a destination that nobody knows is a refusal.
      run(program, ['-aec', 'LIGHTBOX', ...args], { cwd: directory, timeout: programMs }).catch(() => {});
    const peer = ['127.0.0.1', String(port)];
    await ask('echoscu', ...peer);
    await ask('storescu', ...peer, file);
    await ask('storescu', '-xi', '-pdu', '4096', ...peer, file);
    await ask('storescu', '-usr', 'technician', '-pwd', 'secret', '-rsp', ...peer, file);
    await ask('findscu', '-S', '--cancel', '1', '-k', 'QueryRetrieveLevel=STUDY', '-k', 'StudyInstanceUID', ...peer);
    await ask(
      'findscu',
      '-S',
      '-k',
      'QueryRetrieveLevel=STUDY',
      '-k',
      'PatientName=N*',
      '-k',
      'StudyDate=2020-',
      ...peer,
    );
    await ask('findscu', '-P', '-k', 'QueryRetrieveLevel=PATIENT', '-k', 'PatientID', ...peer);
    await ask('findscu', '-W', '-k', 'PatientName', '-k', '(0040,0100)[0].Modality=CT', ...peer);
    await ask('getscu', '-S', '-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study}`, ...peer);
    for (const destination of ['NOBODY', 'LIGHTBOX']) {
      const keys = ['-k', 'QueryRetrieveLevel=STUDY', '-k', `StudyInstanceUID=${study}`];
      await ask('movescu', '-S', '-aem', destination, ...keys, ...peer);
    }
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function speakAsModality(port: number): Promise<void> {
  {
    await using peer = await associate(port, storageCommitmentSOPClass);
    const reference = datasetOf({ ReferencedSOPClassUID: secondaryCapture, ReferencedSOPInstanceUID: '1.2.3' });
    await peer.ask(
      {
        CommandField: commandFields['N-ACTION-RQ'],
        RequestedSOPClassUID: storageCommitmentSOPClass,
        RequestedSOPInstanceUID: storageCommitmentInstance,
        ActionTypeID: 1,
      },
      datasetOf({ TransactionUID: '2.25.1', ReferencedSOPSequence: [reference] }),
    );
  }
  const step = '2.25.8899';
  {
    await using peer = await associate(port, performedStepSOPClass);
    await peer.ask(...performedStepBegun({ StudyInstanceUID: '1.2.3', ScheduledProcedureStepID: 'S1' }, step));
    await peer.ask(...wrongEntrySelected(step));
  }
  await using peer = await associate(port, performedStepRetrieveSOPClass);
  await peer.ask({
    CommandField: commandFields['N-GET-RQ'],
    RequestedSOPClassUID: performedStepRetrieveSOPClass,
    RequestedSOPInstanceUID: step,
    AttributeIdentifierList: [0x00400252],
  });
}
