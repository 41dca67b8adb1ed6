// What is written on a key.
import { text } from '../text.ts';

const names: Record<string, string> = {
  ArrowUp: '↑',
  ArrowDown: '↓',
  PageUp: 'Page Up',
  PageDown: 'Page Down',
};

/** @param key  as a tool names it */
export function keyName(key = ''): string {
  if (key === ' ') return text('keySpace');
  if (key.startsWith('Ctrl+')) return `Ctrl+${keyName(key.slice(5))}`;
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
