// Every word the viewer shows, in Vietnamese and English. Vietnamese is the original; English must have the same keys.
// Here stand those of the shell; those of a part that is loaded later come along with it (texts/), and are added then.
import { signal } from '@preact/signals';
import { recallForGood, rememberForGood } from './browser-memory.ts';
import type { AccountsMsg } from './texts/accounts.ts';
import type { AssociationMsg } from './texts/association.ts';
import type { DevicesMsg } from './texts/devices.ts';
import type { FailuresMsg } from './texts/failures.ts';
import type { FlagsMsg } from './texts/flags.ts';
import type { MeasuringMsg } from './texts/measuring.ts';
import type { OwnPasswordMsg } from './texts/own-password.ts';
import type { ReadingRoomMsg } from './texts/reading-room.ts';
import type { RejectionsMsg } from './texts/rejections.ts';
import type { SamplesMsg } from './texts/samples.ts';
import type { SendingMsg } from './texts/sending.ts';
import type { StatusMsg } from './texts/status.ts';
import type { ToolsMsg } from './texts/tools.ts';
import type { UploadMsg } from './texts/upload.ts';
import type { WorklistMsg } from './texts/worklist.ts';

const vi = {
  lightbox: 'Lightbox',
  studies: 'Ca chụp',
  worklist: 'Chỉ định',
  upload: 'Tải lên',
  devices: 'Thiết bị',
  sending: 'Gửi ảnh',
  accounts: 'Tài khoản',
  status: 'Tình trạng',
  statusWarns: 'Tình trạng: có việc cần làm',
  changePassword: 'Đổi mật khẩu',
  signOut: 'Đăng xuất',
  switchLanguage: 'English',
  skipToContent: 'Đến nội dung chính',
  pages: 'Các trang',
  close: 'Đóng',
  retry: 'Thử lại',
  pageNotFound: 'Không có trang này. Hãy quay về danh sách ca chụp.',
  loading: 'Đang tải…',

  signIn: 'Đăng nhập',
  signInLead: 'Xem hình ảnh y khoa của bệnh viện',
  signInAgain: 'Phiên làm việc đã hết hạn. Hãy đăng nhập lại để tiếp tục; công việc đang mở được giữ nguyên.',
  accountName: 'Tên tài khoản',
  password: 'Mật khẩu',
  showPassword: 'Hiện mật khẩu',
  signingIn: 'Đang đăng nhập…',

  searchPatient: 'Tìm người bệnh',
  searchHint: 'Họ tên không cần dấu, mã người bệnh, số CCCD, số phiếu – hoặc quét thẻ',
  searchHintShort: 'Họ tên, mã người bệnh, CCCD',
  studyDate: 'Ngày chụp',
  anyDate: 'Mọi ngày',
  today: 'Hôm nay',
  yesterday: 'Hôm qua',
  lastWeek: '7 ngày qua',
  lastMonth: '30 ngày qua',
  chosenDates: 'Chọn ngày…',
  dateFrom: 'Từ ngày',
  dateTo: 'Đến ngày',
  modality: 'Loại máy',
  anyModality: 'Tất cả',
  state: 'Trạng thái',
  anyState: 'Tất cả',
  patient: 'Người bệnh',
  born: 'Ngày sinh',
  sexM: 'Nam',
  sexF: 'Nữ',
  sexO: 'Khác',
  description: 'Mô tả',
  images: 'Số ảnh',
  accession: 'Số phiếu',
  seriesCount: '{n} chuỗi',
  imageCount: '{n} ảnh',
  noName: 'Không có tên',
  noDate: 'Không rõ ngày',
  noDescription: 'Không có mô tả',
  studiesFound: '{n} ca chụp',
  studiesFoundMany: 'Hơn {n} ca chụp',
  studiesShownMore: 'Đang hiện {n} ca chụp đầu tiên',
  studiesWaiting: 'có ca mới, hiện ra khi rời chuột khỏi danh sách',
  live: 'Tự cập nhật',
  liveWhy: 'Ca chụp mới hiện ra ngay khi máy chụp gửi đến',
  showMore: 'Xem thêm',
  listEmpty: 'Chưa có ca chụp nào',
  listEmptyNext: 'Ca chụp gửi từ máy chụp sẽ tự hiện ở đây. Bạn cũng có thể tải tệp DICOM lên.',
  nothingFound: 'Không tìm thấy ca chụp phù hợp',
  nothingFoundNext: 'Hãy thử ít chữ hơn, mã người bệnh, hoặc bỏ bớt bộ lọc.',
  clearFilters: 'Bỏ mọi bộ lọc',
  needsAttention: 'Cần kiểm tra',
  preview: 'Ảnh nhỏ',
  noPreview: 'Chưa có ảnh nhỏ',
  openStudy: 'Mở ca chụp của {name}',
  send: 'Gửi',
  sendStudyOf: 'Gửi ca chụp của {name} đến thiết bị',
  listOutdated: 'Danh sách có thể chưa cập nhật: {error}',

  signedOut: 'Phiên làm việc đã hết hạn. Hãy đăng nhập lại.',
  wrongPassword: 'Tên tài khoản hoặc mật khẩu không đúng. Kiểm tra phím Caps Lock và bộ gõ tiếng Việt rồi thử lại.',
  tooManyTries: 'Đã thử quá nhiều lần. Hãy chờ vài phút rồi thử lại, hoặc nhờ người quản trị.',
  notAllowed: 'Tài khoản của bạn chưa được phép làm việc này. Hãy nhờ người quản trị cấp quyền.',
  notFound: 'Kho không có dữ liệu này. Có thể nó đã được chuyển đi; hãy quay về danh sách và mở lại.',
  tooBig: 'Tệp lớn hơn mức kho nhận được. Báo người quản trị để nâng giới hạn.',
  archiveBusy: 'Kho đang bận hoặc hết chỗ. Hãy thử lại sau một phút; nếu vẫn vậy, báo người quản trị.',
  archiveFailed: 'Kho gặp lỗi khi trả lời. Hãy thử lại; nếu vẫn lỗi, báo người quản trị.',
  unreachable: 'Không kết nối được với kho ảnh. Kiểm tra mạng rồi thử lại.',
  tooSlow: 'Kho trả lời quá chậm. Mạng có thể đang yếu; hãy thử lại.',
  notUnderstood: 'Kho trả lời không như mong đợi. Hãy tải lại trang; nếu vẫn lỗi, báo người quản trị.',
};

type ShellMsg = keyof typeof vi;
export type Msg =
  | ShellMsg
  | AccountsMsg
  | AssociationMsg
  | FailuresMsg
  | FlagsMsg
  | MeasuringMsg
  | OwnPasswordMsg
  | ReadingRoomMsg
  | SamplesMsg
  | UploadMsg
  | DevicesMsg
  | StatusMsg
  | WorklistMsg
  | SendingMsg
  | ToolsMsg
  | RejectionsMsg;

const en = {
  lightbox: 'Lightbox',
  studies: 'Studies',
  worklist: 'Worklist',
  upload: 'Upload',
  devices: 'Devices',
  sending: 'Sending',
  accounts: 'Accounts',
  status: 'Status',
  statusWarns: 'Status: something needs you',
  changePassword: 'Change password',
  signOut: 'Sign out',
  switchLanguage: 'Tiếng Việt',
  skipToContent: 'Skip to content',
  pages: 'Pages',
  close: 'Close',
  retry: 'Try again',
  pageNotFound: 'There is no such page. Go back to the study list.',
  loading: 'Loading…',

  signIn: 'Sign in',
  signInLead: 'Medical images of your hospital',
  signInAgain: 'Your session has ended. Sign in again to go on; what you have open is kept.',
  accountName: 'Account name',
  password: 'Password',
  showPassword: 'Show password',
  signingIn: 'Signing in…',

  searchPatient: 'Find a patient',
  searchHint: 'Name without accents, patient ID, citizen ID, accession – or scan a card',
  searchHintShort: 'Name, patient ID, accession',
  studyDate: 'Study date',
  anyDate: 'Any date',
  today: 'Today',
  yesterday: 'Yesterday',
  lastWeek: 'Last 7 days',
  lastMonth: 'Last 30 days',
  chosenDates: 'Pick dates…',
  dateFrom: 'From',
  dateTo: 'To',
  modality: 'Modality',
  anyModality: 'All',
  state: 'State',
  anyState: 'All',
  patient: 'Patient',
  born: 'Born',
  sexM: 'Male',
  sexF: 'Female',
  sexO: 'Other',
  description: 'Description',
  images: 'Images',
  accession: 'Accession',
  seriesCount: '{n} series',
  imageCount: '{n} image|images',
  noName: 'No name',
  noDate: 'Date unknown',
  noDescription: 'No description',
  studiesFound: '{n} study|studies',
  studiesFoundMany: 'More than {n} studies',
  studiesShownMore: 'Showing the first {n}',
  studiesWaiting: 'new ones are shown when the mouse leaves the list',
  live: 'Live',
  liveWhy: 'New studies appear as soon as a modality sends them',
  showMore: 'Show more',
  listEmpty: 'No studies yet',
  listEmptyNext: 'A study sent by a modality appears here by itself. You can also upload DICOM files.',
  nothingFound: 'No study matches',
  nothingFoundNext: 'Try fewer words, the patient ID, or remove a filter.',
  clearFilters: 'Remove all filters',
  needsAttention: 'To check',
  preview: 'Preview',
  noPreview: 'No preview yet',
  openStudy: 'Open the study of {name}',
  send: 'Send',
  sendStudyOf: 'Send the study of {name} to a device',
  listOutdated: 'The list may be out of date: {error}',

  signedOut: 'Your session has ended. Sign in again.',
  wrongPassword: 'The account name or password is wrong. Check Caps Lock and the keyboard language, then try again.',
  tooManyTries: 'Too many tries. Wait a few minutes and try again, or ask the administrator.',
  notAllowed: 'Your account is not allowed to do this. Ask the administrator for the right.',
  notFound: 'The archive does not have this. It may have been moved; go back to the list and open it again.',
  tooBig: 'The file is larger than the archive accepts. Ask the administrator to raise the limit.',
  archiveBusy: 'The archive is busy or out of space. Try again in a minute; if it stays so, tell the administrator.',
  archiveFailed: 'The archive failed while answering. Try again; if it stays so, tell the administrator.',
  unreachable: 'The archive cannot be reached. Check the network, then try again.',
  tooSlow: 'The archive answers too slowly. The line may be weak; try again.',
  notUnderstood: 'The archive gave an unexpected answer. Reload the page; if it stays so, tell the administrator.',
} satisfies Record<ShellMsg, string>;

export type Language = 'vi' | 'en';

/** By language; of messages whose part is not loaded yet, nothing. */
export const texts: Record<Language, Partial<Record<Msg, string>>> = { vi, en };

/** Called by a part that is loaded later, before it shows anything. */
export function addTexts(added: Record<Language, Partial<Record<Msg, string>>>): void {
  Object.assign(texts.vi, added.vi);
  Object.assign(texts.en, added.en);
}

const remembered = 'language';

export const language = signal<Language>(firstLanguage());

function firstLanguage(): Language {
  const chosen = recallForGood(remembered);
  if (chosen === 'vi' || chosen === 'en') return chosen;
  return navigator.language.toLowerCase().startsWith('vi') ? 'vi' : 'en';
}

export function switchLanguage(): void {
  language.value = language.value === 'vi' ? 'en' : 'vi';
  rememberForGood(remembered, language.value);
}

/** The message in the reader's language, its {places} filled in; of `image|images` the one that goes with {n}. */
export function text(message: Msg, places: Record<string, string | number> = {}): string {
  const inNumber = (texts[language.value][message] ?? message).replace(
    /(\w+)\|(\w+)/g,
    String(places['n']) === '1' ? '$1' : '$2',
  );
  return inNumber.replace(/\{(\w+)\}/g, (whole, name: string) => String(places[name] ?? whole));
}
