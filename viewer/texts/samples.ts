// The words of the offer to load samples, in Vietnamese and English; loaded with it.

const vi = {
  samples: 'Ca chụp mẫu',
  samplesWhy:
    'Muốn xem thử? Lightbox tự tạo được bốn ca chụp mẫu (CT, X‑quang, cộng hưởng từ, siêu âm) của những người bệnh không có thật.',
  samplesLoad: 'Nạp ca chụp mẫu',
  samplesLoading: 'Đang nạp ca chụp mẫu: {kept} / {total} ảnh',
  samplesCutOff: 'Ca chụp mẫu mới nạp được {kept} / {total} ảnh.',
  samplesGoOn: 'Nạp tiếp',
  samplesFailed: 'Chưa nạp xong ca chụp mẫu. {why}',
};

export type SamplesMsg = keyof typeof vi;

const en = {
  samples: 'Samples',
  samplesWhy:
    'Just looking? Lightbox can make four sample studies (CT, radiograph, MR, ultrasound) of patients who do not exist.',
  samplesLoad: 'Load the samples',
  samplesLoading: 'Loading the samples: {kept} of {total} images',
  samplesCutOff: 'Of the samples, {kept} of {total} images are here.',
  samplesGoOn: 'Load the rest',
  samplesFailed: 'The samples are not complete. {why}',
} satisfies Record<SamplesMsg, string>;

export const samplesTexts = { vi, en };
