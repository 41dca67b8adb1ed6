/**
 * The User Information item (PS3.8 9.3.2.3): maximum length (PS3.8 D.1) and the sub-items of PS3.7 Annex D.3.3.
 */
import { ByteReader, counted, item, text, u16, u32 } from './bytes.ts';

const subItemType = {
  maximumLength: 0x51,
  implementationClass: 0x52,
  asynchronousOperations: 0x53,
  role: 0x54,
  implementationVersion: 0x55,
  extended: 0x56,
  commonExtended: 0x57,
  userIdentity: 0x58,
  userIdentityResponse: 0x59,
} as const;

/** Role selection (PS3.7 D.3.3.4): roles that the requestor proposes, or of those the ones we accept. */
export interface RoleSelection {
  readonly sopClass: string;
  readonly scu: boolean;
  readonly scp: boolean;
}

/** User identity (PS3.7 D.3.3.7). */
export interface UserIdentity {
  /** 1 user name, 2 user name and passcode, 3 Kerberos, 4 SAML, 5 JSON Web Token. */
  readonly type: number;
  readonly positiveResponseRequested: boolean;
  readonly primary: Buffer;
  readonly secondary: Buffer;
}

export interface UserInformation {
  /** Longest P-DATA-TF variable field that the sender of this item takes; 0: no limit. */
  readonly maximumLength: number;
  readonly implementationClassUID: string;
  readonly implementationVersionName?: string;
  /** Operations that the requestor may have outstanding, and that it will perform; 0: no limit (PS3.7 D.3.3.3). */
  readonly asynchronousOperations?: { readonly invoked: number; readonly performed: number };
  readonly roles: readonly RoleSelection[];
  /** SOP class extended negotiation (PS3.7 D.3.3.5). */
  readonly extended: readonly { readonly sopClass: string; readonly information: Buffer }[];
  /** SOP class common extended negotiation (PS3.7 D.3.3.6): what a private class is akin to. */
  readonly commonExtended: readonly {
    readonly sopClass: string;
    readonly serviceClass: string;
    readonly related: readonly string[];
  }[];
  readonly userIdentity?: UserIdentity;
  readonly userIdentityResponse?: Buffer;
}

/** The sub-items, in the order of their types, for the item that holds them (PS3.8 9.3.2.3). @throws RangeError */
export function encodeUserInformation(user: UserInformation): Buffer[] {
  const items = [
    item(subItemType.maximumLength, [u32(user.maximumLength)]),
    item(subItemType.implementationClass, [text(user.implementationClassUID)]),
  ];
  const { asynchronousOperations, implementationVersionName, userIdentity, userIdentityResponse } = user;
  if (asynchronousOperations !== undefined)
    items.push(
      item(subItemType.asynchronousOperations, [
        u16(asynchronousOperations.invoked),
        u16(asynchronousOperations.performed),
      ]),
    );
  for (const { sopClass, scu, scp } of user.roles)
    items.push(item(subItemType.role, [counted(text(sopClass)), Buffer.from([scu ? 1 : 0, scp ? 1 : 0])]));
  if (implementationVersionName !== undefined)
    items.push(item(subItemType.implementationVersion, [text(implementationVersionName)]));
  for (const { sopClass, information } of user.extended)
    items.push(item(subItemType.extended, [counted(text(sopClass)), information]));
  for (const { sopClass, serviceClass, related } of user.commonExtended)
    items.push(
      item(subItemType.commonExtended, [
        counted(text(sopClass)),
        counted(text(serviceClass)),
        counted(Buffer.concat(related.map((each) => counted(text(each))))),
      ]),
    );
  if (userIdentity !== undefined)
    items.push(
      item(subItemType.userIdentity, [
        Buffer.from([userIdentity.type, userIdentity.positiveResponseRequested ? 1 : 0]),
        counted(userIdentity.primary),
        counted(userIdentity.secondary),
      ]),
    );
  if (userIdentityResponse !== undefined)
    items.push(item(subItemType.userIdentityResponse, [counted(userIdentityResponse)]));
  return items;
}

/** Sub-items that we do not know are ignored (PS3.8 9.3.1). @throws BadPdu */
export function decodeUserInformation(reader: ByteReader): UserInformation {
  const user: { -readonly [K in keyof UserInformation]: UserInformation[K] } = {
    maximumLength: 0,
    implementationClassUID: '',
    roles: [],
    extended: [],
    commonExtended: [],
  };
  const roles: RoleSelection[] = [];
  const extended: UserInformation['extended'][number][] = [];
  const commonExtended: UserInformation['commonExtended'][number][] = [];
  for (const { type, content } of reader.items()) {
    switch (type) {
      case subItemType.maximumLength:
        user.maximumLength = content.u32();
        break;
      case subItemType.implementationClass:
        user.implementationClassUID = content.uid();
        break;
      case subItemType.implementationVersion:
        user.implementationVersionName = content.text();
        break;
      case subItemType.asynchronousOperations:
        user.asynchronousOperations = { invoked: content.u16(), performed: content.u16() };
        break;
      case subItemType.role:
        roles.push({ sopClass: content.countedUid(), scu: content.u8() === 1, scp: content.u8() === 1 });
        break;
      case subItemType.extended:
        extended.push({ sopClass: content.countedUid(), information: content.bytes(content.left) });
        break;
      case subItemType.commonExtended:
        commonExtended.push(decodeCommonExtended(content));
        break;
      case subItemType.userIdentity:
        user.userIdentity = decodeUserIdentity(content);
        break;
      case subItemType.userIdentityResponse:
        user.userIdentityResponse = content.counted();
        break;
    }
  }
  return { ...user, roles, extended, commonExtended };
}

function decodeCommonExtended(content: ByteReader): UserInformation['commonExtended'][number] {
  const sopClass = content.countedUid();
  const serviceClass = content.countedUid();
  const list = new ByteReader(content.counted(), 'related general SOP classes');
  const related: string[] = [];
  while (list.left > 0) related.push(list.countedUid());
  return { sopClass, serviceClass, related };
}

/** A ticket or an assertion may be as long as the item allows, 64 KiB: whoever cannot check it has nothing against it. */
function decodeUserIdentity(content: ByteReader): UserIdentity {
  return {
    type: content.u8(),
    positiveResponseRequested: content.u8() === 1,
    primary: content.counted(),
    secondary: content.counted(),
  };
}
