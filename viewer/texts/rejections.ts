// The words of the page of rejected images, in Vietnamese and English; loaded with it.

const vi = {
  rejections: 'Ảnh bị loại',
  rejectionsLead:
    'Máy chụp hoặc trạm làm việc đã báo loại các ảnh này, nên không ai tìm và mở được chúng. Ảnh vẫn còn nguyên trong kho và có thể khôi phục.',
  noRejections: 'Chưa có ảnh nào bị loại',
  noRejectionsNext: 'Khi một thiết bị gửi thông báo loại ảnh (IHE IOCM), thông báo đó hiện ở đây.',
  rejectedQuality: 'Ảnh không đạt chất lượng',
  rejectedSafety: 'Loại vì an toàn người bệnh',
  rejectedWorklist: 'Chọn nhầm chỉ định trên máy chụp',
  rejectedRetention: 'Hết thời hạn lưu trữ',
  rejectedByDevice: 'Thiết bị {name}, {when}',
  rejectedByHttp: 'Gửi qua web từ {address}, {when}',
  rejectedHidden: 'Đang ẩn {hidden} / {n} ảnh',
  rejectedNotHere: 'Báo loại {n} ảnh, ca chụp chưa có ở đây.',
  rejectedLater: 'Ảnh nào đến sau sẽ bị ẩn ngay.',
  rejectedOtherPatient:
    'Không ẩn ảnh nào: thông báo nêu người bệnh khác với ca chụp. Hãy kiểm tra mã người bệnh ở nơi gửi.',
  rejectionHidesNothing: 'Thông báo này không ẩn ảnh nào nên không có gì để khôi phục.',
  rejectionRestored: 'Đã khôi phục bởi {name}, {when}',
  restoreImages: 'Khôi phục',
  restoreOf: 'Khôi phục ảnh của {name}',
  restoreQuestion: 'Khôi phục các ảnh này?',
  restoreNext:
    'Mọi người sẽ lại tìm và mở được ảnh. Hãy chắc chắn rằng ảnh đúng người bệnh và đọc được. Ảnh còn bị loại bởi thông báo khác thì vẫn ẩn.',
  restoreNow: 'Khôi phục ảnh',
  restoreCancel: 'Huỷ',
  moreRejections: 'Xem thêm',
  rejectionsLink: 'Xem các ảnh bị loại',
  imagesRestored: 'Đã khôi phục ảnh.',
};

export type RejectionsMsg = keyof typeof vi;

const en = {
  rejections: 'Rejected images',
  rejectionsLead:
    'A modality or a workstation has rejected these images, so nobody can find or open them. They are all still in storage, and can be restored.',
  noRejections: 'No images have been rejected',
  noRejectionsNext: 'When a device sends a rejection note (IHE IOCM), it shows up here.',
  rejectedQuality: 'Rejected for quality',
  rejectedSafety: 'Rejected for patient safety',
  rejectedWorklist: 'Wrong worklist entry on the modality',
  rejectedRetention: 'Retention period is over',
  rejectedByDevice: 'Device {name}, {when}',
  rejectedByHttp: 'Over the web from {address}, {when}',
  rejectedHidden: '{hidden} of {n} image|images hidden',
  rejectedNotHere: '{n} image|images named of a study that is not here.',
  rejectedLater: 'What comes of them is hidden at once.',
  rejectedOtherPatient:
    'Nothing hidden: the note names another patient than the study. Check the patient ID where it was sent from.',
  rejectionHidesNothing: 'This note hides no images, so there is nothing to restore.',
  rejectionRestored: 'Restored by {name}, {when}',
  restoreImages: 'Restore',
  restoreOf: 'Restore the images of {name}',
  restoreQuestion: 'Restore these images?',
  restoreNext:
    'Everybody will find and open them again. Be sure that they are of the right patient and fit to be read. What another note rejects too stays hidden.',
  restoreNow: 'Restore the images',
  restoreCancel: 'Cancel',
  moreRejections: 'Show more',
  rejectionsLink: 'See rejected images',
  imagesRestored: 'The images are restored.',
} satisfies Record<RejectionsMsg, string>;

export const rejectionsTexts = { vi, en };
