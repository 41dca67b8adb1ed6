// What is written on a key.
import { text } from '../text.ts';

const names: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  ArrowLeft: '←',
  ArrowRight: '→',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
};

/** @param key  as a tool names it */
export function keyName(key = ''): string {
  if (key === ' ') return text('keySpace');
  const [, held, plain] = /^(Ctrl|Shift)\+(.+)$/.exec(key) ?? [];
  if (held) return `${held}+${keyName(plain)}`;
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
