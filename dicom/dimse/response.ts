/** The command set that answers a request (PS3.7 Sections 9.3 and 10.3). */
import { type Command, responseBit } from './command.ts';
import { errorComment, type OutgoingCommand } from './message.ts';
import type { Answer, Suboperations } from './service.ts';

export function responseTo(request: Command, answer: Answer): OutgoingCommand {
  const sopClass = request.AffectedSOPClassUID ?? request.RequestedSOPClassUID;
  const sopInstance = request.AffectedSOPInstanceUID ?? request.RequestedSOPInstanceUID ?? answer.sopInstanceUID;
  const { suboperations, errorID, attributes } = answer;
  return {
    ...(sopClass !== undefined && { AffectedSOPClassUID: sopClass }),
    CommandField: request.CommandField | responseBit,
    MessageIDBeingRespondedTo: request.MessageID!,
    Status: answer.status,
    ...(answer.offendingElement && { OffendingElement: answer.offendingElement }),
    ...(answer.errorComment !== undefined && { ErrorComment: errorComment(answer.errorComment) }),
    ...(errorID !== undefined && { ErrorID: errorID }),
    ...(sopInstance !== undefined && { AffectedSOPInstanceUID: sopInstance }),
    ...(attributes && { AttributeIdentifierList: attributes }),
    ...(suboperations && countsOf(suboperations)),
  };
}

/** Counts are US: more than it can say is said as the most. */
function countsOf({ remaining, completed, failed, warning }: Suboperations): Partial<Command> {
  const count = (value: number) => Math.min(value, 0xffff);
  return {
    ...(remaining !== undefined && { NumberOfRemainingSuboperations: count(remaining) }),
    NumberOfCompletedSuboperations: count(completed),
    NumberOfFailedSuboperations: count(failed),
    NumberOfWarningSuboperations: count(warning),
  };
}
