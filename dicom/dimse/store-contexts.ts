/**
 * Presentation contexts for C-STORE as SCU (PS3.4 B.5, C.4.2.1): which ones we propose to a destination, and on which of
 * those that are there an instance goes.
 */
import type { AcceptedContext } from '../network/agreement.ts';
import { plainSyntaxes } from '../syntax/all.ts';
import { explicitLittleEndian, implicitLittleEndian } from '../syntax/native.ts';

/** Context IDs are the odd numbers 1 to 255 (PS3.8 9.3.2.2). */
const contextsPerAssociation = 128;

/** What a transfer syntax is called, of those that the sender can compress into. */
type Encodings = readonly { readonly uid: string }[];

/** An instance as far as a presentation context is concerned. */
export interface Storable {
  readonly sopClassUID: string;
  /** That it is stored in. */
  readonly transferSyntaxUID: string;
}

export interface PlannedAssociation<Instance> {
  readonly contexts: { readonly abstractSyntax: string; readonly transferSyntaxes: readonly string[] }[];
  readonly instances: Instance[];
}

/**
 * For each SOP class one context for each stored syntax by itself, so that what the peer takes as it is goes as it is, one
 * for the uncompressed syntaxes that every instance can be turned into, and one for the compressed ones, of which the peer
 * picks one. Several associations where one is too few.
 * @param lossless  what the sender can compress into, the best first
 */
export function planAssociations<Instance>(
  instances: readonly Instance[],
  of: (instance: Instance) => Storable,
  lossless: Encodings = [],
): PlannedAssociation<Instance>[] {
  const syntaxes = new Map<string, Set<string>>();
  for (const { sopClassUID, transferSyntaxUID } of instances.map(of)) {
    const ofClass = syntaxes.get(sopClassUID);
    if (ofClass) ofClass.add(transferSyntaxUID);
    else syntaxes.set(sopClassUID, new Set([transferSyntaxUID]));
  }
  const planned: PlannedAssociation<Instance>[] = [];
  const byClass = new Map<string, PlannedAssociation<Instance>>();
  for (const [abstractSyntax, stored] of syntaxes) {
    const proposed = [...stored].map((syntax) => [syntax]);
    for (const others of [plainSyntaxes, lossless.map(({ uid }) => uid)]) {
      const unproposed = others.filter((syntax) => !stored.has(syntax));
      if (unproposed.length > 0) proposed.push(unproposed);
    }
    let association = planned.find(({ contexts }) => contexts.length + proposed.length <= contextsPerAssociation);
    if (!association) planned.push((association = { contexts: [], instances: [] }));
    association.contexts.push(...proposed.map((transferSyntaxes) => ({ abstractSyntax, transferSyntaxes })));
    byClass.set(abstractSyntax, association);
  }
  for (const instance of instances) byClass.get(of(instance).sopClassUID)?.instances.push(instance);
  return planned;
}

/** How an instance goes out. */
export interface Way {
  readonly contextId: number;
  /** What it goes out in: as it is stored, or written anew without loss. */
  readonly transferSyntaxUID: string;
  readonly isAsStored: boolean;
}

/**
 * @param lossless  what the sender can compress into, the best first
 * @returns the way for an instance, undefined where the peer takes it in none of the syntaxes that we can give
 */
export function waysOver(
  contexts: Iterable<AcceptedContext>,
  lossless: Encodings = [],
): (instance: Storable) => Way | undefined {
  const ids = new Map<string, number>();
  for (const { id, abstractSyntax, transferSyntax, asSCU } of contexts)
    if (asSCU) ids.set(`${abstractSyntax} ${transferSyntax}`, id);
  return ({ sopClassUID, transferSyntaxUID: stored }) => {
    const way = (transferSyntaxUID: string): Way | undefined => {
      const contextId = ids.get(`${sopClassUID} ${transferSyntaxUID}`);
      if (contextId === undefined) return undefined;
      return { contextId, transferSyntaxUID, isAsStored: transferSyntaxUID === stored };
    };
    const into = lossless.find(({ uid }) => ids.has(`${sopClassUID} ${uid}`));
    return way(stored) ?? way(explicitLittleEndian.uid) ?? way(implicitLittleEndian.uid) ?? (into && way(into.uid));
  };
}
