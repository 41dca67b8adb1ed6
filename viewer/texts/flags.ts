// Why a study is flagged, in Vietnamese and English; loaded with the first one that is.

const vi = {
  flagPatientDiffers: 'Ảnh trong ca này nêu những người bệnh khác nhau',
  flagDemographicsDiffer: 'Họ tên, ngày sinh hoặc giới tính trong các ảnh không giống nhau',
  flagStudyDiffers: 'Ngày chụp, số phiếu hoặc mô tả trong các ảnh không giống nhau',
  flagVersionWaits: 'Một ảnh được gửi lại với nội dung khác; cả hai bản đều được giữ',
  flagInTwoStudies: 'Cùng một ảnh được gửi trong hai ca chụp',
};

export type FlagsMsg = keyof typeof vi;

const en = {
  flagPatientDiffers: 'Its images name different patients',
  flagDemographicsDiffer: 'Name, birth date or sex are not the same in all its images',
  flagStudyDiffers: 'Date, accession number or description are not the same in all its images',
  flagVersionWaits: 'An image was sent again with other content; both are kept',
  flagInTwoStudies: 'The same image was sent in two studies',
} satisfies Record<FlagsMsg, string>;

export const flagsTexts = { vi, en };
