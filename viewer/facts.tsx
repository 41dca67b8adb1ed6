// Small facts side by side: a dot between two of them, and none where a line begins or ends.
import type { ComponentChildren } from 'preact';

/** @param facts  what is empty is left out */
export function Facts({ facts, quiet }: { facts: readonly ComponentChildren[]; quiet?: boolean }) {
  return (
    <span class={quiet ? 'facts quiet' : 'facts'}>
      {facts.filter(Boolean).map((fact, at) => (
        <>
          {at > 0 && ' '}
          <span>{fact}</span>
        </>
      ))}
    </span>
  );
}
