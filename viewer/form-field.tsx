// A field of a form with its label, and a hint that is read out with it.
import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';

interface FieldProps {
  label: string;
  hint?: string;
  children: (props: { id: string; 'aria-describedby'?: string }) => ComponentChildren;
}

export function Field({ label, hint, children }: FieldProps) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, ...(hint && { 'aria-describedby': `${id}-hint` }) })}
      {hint && (
        <p class="hint quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}

interface ChoiceProps {
  id: string;
  'aria-describedby'?: string;
  name: string;
  /** The value that stands there at first. */
  chosen: string;
  /** Values and their words. */
  options: readonly (readonly [value: string, words: string])[];
}

/** A list to choose from. (A select has no default value of its own: the option says that it is chosen.) */
export function Choice({ chosen, options, ...props }: ChoiceProps) {
  return (
    <select {...props}>
      {options.map(([value, words]) => (
        <option key={value} value={value} selected={value === chosen}>
          {words}
        </option>
      ))}
    </select>
  );
}
