/** Why something with a device did not work, as JSON: a word for programs and for the viewer's sentences, and what fills them in. */
import { z } from 'zod';
import { deviceFailureCodes } from '#index/device-failure.ts';
import { sendFailureCodes } from '#index/send-cause.ts';

const details = z.object({
  /** Always English, always precise: for whoever helps. */
  reason: z.string(),
  /** Of an answer: status in hexadecimal, Error Comment. */
  status: z.string().optional(),
  comment: z.string().optional(),
  /** What the device does not take. */
  sopClass: z.string().optional(),
});

export const sendFailure = details.extend({ code: z.enum(sendFailureCodes) });

export const deviceFailure = details.extend({
  code: z.enum(deviceFailureCodes),
  /** The DIMSE service that it was about, such as `C-STORE`. */
  operation: z.string().optional(),
});
