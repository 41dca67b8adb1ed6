/**
 * How much of what stays in the database one device may say within a day, beside its images: performed steps and requests for storage
 * commitment. A device that has gone wrong, or somebody in its place, fills no table with it; others say what they have to.
 */
import { callerKey } from '#access/caller.ts';
import type { Answer } from '#dicom/dimse/service.ts';
import { status } from '#dicom/dimse/status.ts';
import { Allowance } from '#settings/allowance.ts';
import { limits } from '#settings/limits.ts';
import type { ServiceContext } from './service-context.ts';

/** It has said more than it may; more tomorrow. */
export class SaidEnough extends Error {
  override name = 'SaidEnough';
}

export interface MostSaid {
  readonly steps: number;
  readonly commitments: number;
  readonly bytes: number;
}

export interface Allowances {
  readonly most: MostSaid;
  readonly steps: Allowance;
  readonly commitments: Allowance;
  readonly bytes: Allowance;
}

const dayMs = 24 * 60 * 60_000;

export function openAllowances(most: MostSaid = limits.saidByDevicePerDay): Allowances {
  const { steps, commitments, bytes } = most;
  return {
    most,
    steps: new Allowance(steps, dayMs),
    commitments: new Allowance(commitments, dayMs),
    bytes: new Allowance(bytes, dayMs),
  };
}

/** One more step, if that is how `begin` is answered. @throws SaidEnough, and what `begin` throws */
export async function countingStep(
  { allowances, caller }: ServiceContext,
  begin: () => Promise<Answer>,
): Promise<Answer> {
  const { steps, most } = allowances;
  // Before it begins, so that those that come at once are all counted.
  if (!steps.take(callerKey(caller))) throw new SaidEnough(`this device has begun ${most.steps} steps within a day`);
  let isBegun = false;
  try {
    const answer = await begin();
    isBegun = answer.status === status.success;
    return answer;
  } finally {
    if (!isBegun) steps.giveBack(callerKey(caller));
  }
}

/** One more request for storage commitment. @throws SaidEnough */
export function countCommitment({ allowances, caller }: ServiceContext): void {
  if (!allowances.commitments.take(callerKey(caller)))
    throw new SaidEnough(`this device has asked ${allowances.most.commitments} times within a day`);
}

/** What is written down for it, of what it said now and before. @throws SaidEnough */
export function countBytes({ allowances, caller }: ServiceContext, bytes: number): void {
  if (!allowances.bytes.take(callerKey(caller), bytes))
    throw new SaidEnough(`this device has said ${allowances.most.bytes / 1024 ** 2} MiB within a day`);
}
