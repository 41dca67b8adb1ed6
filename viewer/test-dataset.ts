// Data sets for tests, as metadata bring them.
import type { JsonDataset } from './archive-client.ts';

/** @param attributes  the values by tag; the viewer knows each attribute by its tag, whatever VR it came with */
export const dataset = (attributes: Record<string, unknown[]>): JsonDataset =>
  Object.fromEntries(Object.entries(attributes).map(([tag, Value]) => [tag, { vr: 'UN', Value }]));
