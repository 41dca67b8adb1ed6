// The words of what is measured on images, in Vietnamese and English; loaded with the reading room.

const vi = {
  measuredUnsaved: '{n} phép đo, chưa lưu',
  measuredInTab:
    'Phép đo chỉ nằm trong thẻ này của trình duyệt: còn khi tải lại trang, mất khi đóng thẻ hoặc đăng xuất. Kho ảnh chưa lưu phép đo.',
  measuredOnPage: 'Trình duyệt không cho phép lưu tạm: phép đo sẽ mất khi rời trang. Kho ảnh chưa lưu phép đo.',
  measuredArea: 'Diện tích {n}',
  measuredCounting: 'Đang tính giá trị…',
  measuredMean: 'TB {n}',
  measuredExtremes: 'Từ {min} đến {max}',
  stateAtDetector: 'tại đầu thu',
  stateMagnified: 'ước tính theo độ phóng đại',
  stateUnknown: 'chưa rõ nơi hiệu chuẩn',
  stateRegion: 'theo vùng siêu âm',
  stateNone: 'chưa hiệu chuẩn',
  stateCalibrated: 'đã hiệu chuẩn',
  scaleMicrometres: '{n} µm',
  scaleMm: '{n} mm',
  scaleCm: '{n} cm',
  stateOutside: 'không nằm trọn trong một vùng siêu âm',
  measuredPixels: '{n} điểm ảnh',
  measuredBehindShutter: 'Không tính {n} điểm ảnh sau màn che',
  noValuesOfColour: 'Ảnh màu: không có giá trị đo',
  measuredSlope: 'Độ dốc {n} cm/s',
  noAngleHere: 'Vùng này không đo được góc',
};

export type MeasuringMsg = keyof typeof vi;

const en = {
  measuredUnsaved: '{n} measurement|measurements, not saved',
  measuredInTab:
    'Measurements are in this tab of the browser only: reloading keeps them, closing the tab or signing out does not. The archive does not have them.',
  measuredOnPage:
    'The browser allows nothing to be kept: measurements are lost when the page is left. The archive does not have them.',
  measuredArea: 'Area {n}',
  measuredCounting: 'Working out the values…',
  measuredMean: 'Mean {n}',
  measuredExtremes: '{min} to {max}',
  stateAtDetector: 'at the detector',
  stateMagnified: 'estimated from magnification',
  stateUnknown: 'calibration unknown',
  stateRegion: 'by ultrasound region',
  stateNone: 'uncalibrated',
  stateCalibrated: 'calibrated',
  scaleMicrometres: '{n} µm',
  scaleMm: '{n} mm',
  scaleCm: '{n} cm',
  stateOutside: 'not within one ultrasound region',
  measuredPixels: '{n} pixel|pixels',
  measuredBehindShutter: '{n} pixel|pixels behind the shutter not counted',
  noValuesOfColour: 'Colour image: no values',
  measuredSlope: 'Slope {n} cm/s',
  noAngleHere: 'No angle can be measured here',
} satisfies Record<MeasuringMsg, string>;

export const measuringTexts = { vi, en };
