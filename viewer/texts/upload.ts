// The words of the upload page, in Vietnamese and English; loaded with it.

const vi = {
  uploadLead: 'Kéo thả tệp hoặc thư mục DICOM vào đây',
  uploadNext: 'Mỗi ảnh được lưu nguyên vẹn ngay khi dòng của nó báo xong.',
  dropHere: 'Thả vào đây để tải lên',
  chooseFiles: 'Chọn tệp',
  chooseFolder: 'Chọn thư mục',
  uploadProgress: 'Đã xong {done} trên {total} tệp',
  uploadKept: '{n} tệp đã lưu',
  uploadFailed: '{n} tệp chưa lưu được',
  uploadSkipped: '{n} tệp bỏ qua (không phải DICOM)',
  uploadWaiting: '{n} tệp đang chờ',
  uploadStop: 'Dừng',
  uploadRetry: 'Gửi lại tệp chưa lưu',
  uploadClear: 'Xoá danh sách',
  uploadDone: 'Xong. Xem trong danh sách ca chụp',
  uploadStopped: 'Đã dừng trước khi gửi tệp này.',
  fileKept: 'Đã lưu',
  fileWaiting: 'Đang chờ',
  fileSkipped: 'Bỏ qua: không phải DICOM',
  fileUnreadable: 'Trình duyệt không đọc được tệp này. Kiểm tra ổ đĩa rồi chọn lại.',
  reasonOutOfSpace: 'Kho lưu trữ hết chỗ. Báo người quản trị giải phóng dung lượng rồi gửi lại.',
  reasonMismatch: 'Tệp thiếu mã định danh bắt buộc hoặc không khớp loại ảnh. Xuất lại từ máy chụp.',
  reasonNotUnderstood: 'Tệp hỏng hoặc không phải DICOM hợp lệ. Chép lại từ nguồn rồi gửi lại.',
  reasonNotSupported: 'Kho không nhận loại dữ liệu này. Báo người quản trị nếu bạn cần lưu.',
  reasonUnknown: 'Kho từ chối tệp này (mã {code}). Gửi lại; nếu vẫn lỗi, báo người quản trị.',
};

export type UploadMsg = keyof typeof vi;

const en = {
  uploadLead: 'Drop DICOM files or folders here',
  uploadNext: 'Each image is safely kept as soon as its line says so.',
  dropHere: 'Drop here to upload',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose a folder',
  uploadProgress: '{done} of {total} files done',
  uploadKept: '{n} file|files kept',
  uploadFailed: '{n} file|files not kept',
  uploadSkipped: '{n} file|files skipped (not DICOM)',
  uploadWaiting: '{n} file|files waiting',
  uploadStop: 'Stop',
  uploadRetry: 'Send those not kept again',
  uploadClear: 'Clear the list',
  uploadDone: 'Done. See them in the study list',
  uploadStopped: 'Stopped before this file was sent.',
  fileKept: 'Kept',
  fileWaiting: 'Waiting',
  fileSkipped: 'Skipped: not DICOM',
  fileUnreadable: 'The browser cannot read this file. Check the disk, then choose it again.',
  reasonOutOfSpace: 'The archive is out of space. Ask the administrator to free some, then send again.',
  reasonMismatch: 'The file lacks a required identifier or does not match its kind of image. Export it again.',
  reasonNotUnderstood: 'The file is damaged or not valid DICOM. Copy it from its source again, then resend.',
  reasonNotSupported: 'The archive does not take this kind of data. Ask the administrator if you need it kept.',
  reasonUnknown: 'The archive refused this file (code {code}). Send it again; if that fails, tell the administrator.',
} satisfies Record<UploadMsg, string>;

export const uploadTexts = { vi, en };
