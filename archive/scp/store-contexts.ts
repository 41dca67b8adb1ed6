/**
 * Presentation contexts for C-STORE sub-operations (PS3.4 B.5, C.4.2.1): which ones we propose to a destination, and on
 * which of those that are there an instance goes.
 */
import type { RetrievedInstance } from '#archive/retrieve.ts';
import type { AcceptedContext } from '#dicom/network/association.ts';

const implicitLE = '1.2.840.10008.1.2';
const explicitLE = '1.2.840.10008.1.2.1';
/** Context IDs are the odd numbers 1 to 255 (PS3.8 9.3.2.2). */
const contextsPerAssociation = 128;

export interface PlannedAssociation {
  readonly contexts: { readonly abstractSyntax: string; readonly transferSyntaxes: readonly string[] }[];
  readonly instances: RetrievedInstance[];
}

/**
 * For each SOP class one context for each stored syntax by itself, so that what the peer takes as it is goes as it is,
 * and one for the uncompressed syntaxes that every instance can be turned into. Several associations where one is too few.
 */
export function planAssociations(instances: readonly RetrievedInstance[]): PlannedAssociation[] {
  const syntaxes = new Map<string, Set<string>>();
  for (const { row, syntax } of instances) {
    const ofClass = syntaxes.get(row.sop_class);
    if (ofClass) ofClass.add(syntax.uid);
    else syntaxes.set(row.sop_class, new Set([syntax.uid]));
  }
  const planned: PlannedAssociation[] = [];
  const byClass = new Map<string, PlannedAssociation>();
  for (const [abstractSyntax, stored] of syntaxes) {
    const proposed = [...stored].map((syntax) => [syntax]);
    const others = [explicitLE, implicitLE].filter((syntax) => !stored.has(syntax));
    if (others.length > 0) proposed.push(others);
    let association = planned.find(({ contexts }) => contexts.length + proposed.length <= contextsPerAssociation);
    if (!association) planned.push((association = { contexts: [], instances: [] }));
    association.contexts.push(...proposed.map((transferSyntaxes) => ({ abstractSyntax, transferSyntaxes })));
    byClass.set(abstractSyntax, association);
  }
  for (const instance of instances) byClass.get(instance.row.sop_class)?.instances.push(instance);
  return planned;
}

/** How an instance goes out. */
export interface Way {
  readonly contextId: number;
  readonly as: 'stored' | 'Explicit VR Little Endian' | 'Implicit VR Little Endian';
}

/** @returns the way for an instance, undefined where the peer takes it in none of the syntaxes that we can give */
export function waysOver(contexts: Iterable<AcceptedContext>): (instance: RetrievedInstance) => Way | undefined {
  const ids = new Map<string, number>();
  for (const { id, abstractSyntax, transferSyntax, asSCU } of contexts)
    if (asSCU) ids.set(`${abstractSyntax} ${transferSyntax}`, id);
  return ({ row, syntax }) => {
    const id = (transferSyntax: string) => ids.get(`${row.sop_class} ${transferSyntax}`);
    const [stored, explicit, implicit] = [id(syntax.uid), id(explicitLE), id(implicitLE)];
    if (stored !== undefined) return { contextId: stored, as: 'stored' };
    if (explicit !== undefined) return { contextId: explicit, as: 'Explicit VR Little Endian' };
    return implicit === undefined ? undefined : { contextId: implicit, as: 'Implicit VR Little Endian' };
  };
}
