// The words of the reading room (study view), in Vietnamese and English; loaded with it.

const vi = {
  backToList: 'Ca chụp',
  series: 'Chuỗi ảnh',
  seriesNumber: 'Chuỗi {n}',
  imageOf: 'Ảnh {n} / {total}',
  imagePosition: 'Vị trí ảnh trong chuỗi',
  windowOf: 'W {width}  L {center}',
  zoomOf: 'Phóng {n}%',
  sliceOf: 'Dày {thickness} mm',
  locationOf: 'Vị trí {n} mm',
  age: '{n} tuổi',
  months: '{n} tháng tuổi',
  weeks: '{n} tuần tuổi',
  days: '{n} ngày tuổi',
  atDetector: 'Khoảng cách tính tại đầu thu',
  lossy: 'Nén mất dữ liệu {how}',
  lossyPerhaps: 'Có thể nén mất dữ liệu: {how}',
  previewNotForDiagnosis: 'Ảnh xem trước – không dùng để chẩn đoán',
  loadingImage: 'Đang tải ảnh {n}…',
  loadingBytes: 'Đang tải ảnh {n}… {done} / {total} MB',
  loadingSeries: 'Đang mở chuỗi ảnh…',
  loadingStudy: 'Đang mở ca chụp…',
  seriesLoaded: 'Đã tải {done} / {total} ảnh',
  seriesLoadedFailed: 'Đã tải {done} / {total} ảnh, {failed} ảnh lỗi',
  noStudyGiven: 'Địa chỉ này không nêu ca chụp nào. Hãy mở một ca từ danh sách.',
  emptyStudy: 'Ca chụp này chưa có ảnh nào. Ảnh có thể đang được gửi đến; hãy thử lại sau ít phút.',
  studyWithoutSeries: 'Ca này chưa có ảnh',
  seriesBefore: 'Hiện thêm các chuỗi trước ({n})',
  seriesAfter: 'Hiện thêm các chuỗi sau ({n})',
  imagesArrived: '{n} ảnh mới đến',
  imagesWithdrawn: '{n} ảnh đã bị rút khỏi chuỗi này',
  imageWithdrawn: 'Ảnh này đã bị rút khỏi ca chụp',
  imageWithdrawnNext:
    'Nơi chụp đã huỷ ảnh trong lúc bạn đang xem: không đọc tiếp trên ảnh này. Hãy hiện chuỗi mới; nếu chuỗi không còn ảnh, hãy chọn chuỗi khác hoặc hỏi nơi chụp.',
  showNews: 'Hiện chuỗi mới',
  imageNotShown: 'Chưa hiển thị được ảnh',
  imageNotShownOf: 'Chưa hiển thị được ảnh {n}',
  cannotDraw:
    'Trình duyệt không vẽ được ảnh này: kiểu nén hoặc loại ảnh chưa được hỗ trợ. Hãy thử lại hoặc mở ảnh khác.',
  goesOnByItself: 'Khi có mạng trở lại, ảnh tự tải tiếp.',
  print: 'In',
  printShown: 'In các ảnh đang hiện',
  printFitted: 'In vừa khổ giấy',
  printLifeSize: 'In kích thước thật 1:1',
  printedLifeSize:
    'Kích thước thật (1:1) nếu in ở tỷ lệ 100%: hãy dùng thước kẻ kiểm tra thước trên mỗi ảnh. Phần không vừa khổ giấy bị cắt. Bản in không dùng để chẩn đoán.',
  lifeSize: '1:1',
  notLifeSize: 'không phải 1:1',
  printedFitted:
    'Ảnh in vừa khổ giấy, không theo kích thước thật: hãy đo theo thước trên mỗi ảnh. Bản in không dùng để chẩn đoán.',
  overlaysFailed: 'Chưa tải được lớp phủ của ảnh',
  layout: 'Bố cục',
  layoutOf: '{rows} × {columns}',
  viewportOf: 'Khung {n}',
  linkScroll: 'Cuộn, thu phóng và di chuyển các khung cùng nhau; với CT cả cửa sổ',
  linkScrollShort: 'Liên kết',
  referenceLines: 'Đường định vị lát cắt ở các khung khác',
  referenceLinesShort: 'Định vị',
  chooseSeries: 'Chọn hoặc kéo một chuỗi ảnh vào đây',
  tableOf: 'Bảng VOI của tệp',
  mirrored: 'Đã lật: trái phải đổi chỗ',
  inverted: 'Đảo đen trắng',
  wordsHidden: 'Đã ẩn chữ (U)',
  shutterOff: 'Đã tắt màn che (M)',
  slicesMissing: 'Thiếu {n} lát cắt, sau ảnh {at}',
  sideRight: 'Bên phải',
  sideLeft: 'Bên trái',
  sideBoth: 'Hai bên',
  framesPerSecond: '{n} hình/giây',
  axial: 'Ngang',
  coronal: 'Đứng ngang',
  sagittal: 'Đứng dọc',
  oblique: 'Chếch',
  localizer: 'Định vị',
  echoOf: 'TE {n} ms',
  repetitionOf: 'TR {n} ms',
  inversionOf: 'TI {n} ms',
  acquiredAt: 'Thu nhận {time}',
  phaseOf: 'Pha {n}',
  phaseOfSeveral: 'Pha {n} / {total}',
  voltageOf: '{n} kV',
  exposureOf: '{n} mAs',
  bValueOf: 'b {n}',
  instanceOf: 'Số {n}',
  alikeOf: '{n} trong {total} bản giống nhau',
  segmentOf: 'Vùng đánh dấu: {name}',
  document: 'Tài liệu',
  openDocument: 'Mở trong thẻ mới',
  saveDocument: 'Lưu về máy',
  saveStudy: 'Lưu cả ca chụp về máy (ZIP)',
  documentNext: 'Trình duyệt này không đọc được PDF ngay trong trang; tài liệu mở trong thẻ mới.',
  video: 'Video',
  videoNotPlayed: 'Không phát được video ở đây',
  videoNext:
    'Trình duyệt này không phát được video loại {coding}. Hãy lưu về máy rồi mở bằng chương trình xem video, ví dụ VLC, hoặc dùng trình duyệt khác.',
  report: 'Báo cáo',
  reportEmpty: 'Báo cáo này không có nội dung chữ.',
  longerThanShown:
    'Tài liệu này dài hơn mức hiện được ở đây: có phần đã bị lược bớt. Hãy lưu về máy rồi mở bằng chương trình khác để đọc hết.',
  mediaLeftOut: '[Ở đây có hình hoặc âm thanh không hiện được: hãy lưu về máy rồi mở bằng chương trình khác]',
  openReferenced: 'Mở ảnh {uid}',
  openReferencedFrames: 'Mở ảnh {uid}, khung hình {frames}',
  reportVerified: 'Đã xác nhận',
  reportUnverified: 'Chưa xác nhận',
  noImageHere: 'Không có ảnh để xem',
  nothingToSee:
    'Dữ liệu loại {modality} không phải ảnh nên không có gì để xem ở đây. Hãy lưu về máy rồi mở bằng chương trình đọc loại này, hoặc chọn chuỗi khác.',
  nothingToSeeAtAll:
    'Dữ liệu này không phải ảnh nên không có gì để xem ở đây. Hãy lưu về máy rồi mở bằng chương trình đọc loại này, hoặc chọn chuỗi khác.',
  spectraNext:
    'Đây là phổ cộng hưởng từ, không phải ảnh; ở đây chưa vẽ được. Hãy lưu về máy rồi mở bằng chương trình đọc phổ, hoặc chọn chuỗi khác.',
  rawDataNext:
    'Đây là dữ liệu thô của máy chụp, ảnh còn phải được dựng từ đó. Hãy mở bằng phần mềm của máy chụp, hoặc chọn chuỗi khác.',
  registrationNext:
    'Đây là phép khớp ảnh: các chuỗi ảnh nằm với nhau thế nào. Ở đây ảnh được hiện không theo nó. Hãy lưu về máy rồi mở bằng chương trình khớp ảnh, hoặc chọn chuỗi khác.',
  treatmentNext:
    'Đây là bản ghi một lần xạ trị đã thực hiện, không phải ảnh. Hãy mở bằng hệ thống xạ trị, hoặc chọn chuỗi khác.',
  presentationStateNext:
    'Đây là trạng thái trình bày: cách ai đó đã chỉnh ảnh (cửa sổ, ghi chú, cắt). Ở đây ảnh được hiện không theo nó. Hãy mở chuỗi chứa ảnh.',
  waveformNext:
    'Đây là đường ghi, ví dụ điện tâm đồ, hoặc âm thanh; ở đây chưa vẽ được. Hãy lưu về máy rồi mở bằng chương trình đọc loại này, hoặc chọn chuỗi khác.',
  structuresNext:
    'Đây là các cấu trúc được khoanh để lập kế hoạch xạ trị; ở đây chưa vẽ được lên ảnh. Hãy mở bằng chương trình lập kế hoạch, hoặc chọn chuỗi khác.',
  structureNames: 'Các cấu trúc: {names}',
  andMore: 'và {n} nữa',
  planNext: 'Đây là kế hoạch xạ trị, không phải ảnh. Hãy mở bằng chương trình lập kế hoạch, hoặc chọn chuỗi khác.',
  modelNext: 'Đây là mô hình 3D. Hãy lưu về máy rồi mở bằng chương trình xem hoặc in 3D, hoặc chọn chuỗi khác.',
  documentNotRead: 'Không đọc được tài liệu này ở đây',
  documentNotReadNext:
    'Tài liệu lâm sàng (HL7 CDA) này không có phần chữ đọc được, hoặc đã hỏng. Hãy lưu về máy rồi mở bằng chương trình khác, hoặc yêu cầu nơi gửi gửi lại.',
  documentNoPdf:
    'Tài liệu này được gửi đến dưới dạng PDF nhưng không phải PDF, hoặc đã hỏng. Hãy lưu về máy rồi mở bằng chương trình khác, hoặc yêu cầu nơi gửi gửi lại.',
  documentDamaged:
    'Tài liệu này bị hỏng ở {n} chỗ: ký tự không đọc được hiện thành dấu �. Nội dung ở đây có thể khác bản gốc: hãy đối chiếu với bản gốc, hoặc yêu cầu nơi gửi gửi lại.',
  withoutPixels:
    'Ảnh này được gửi đến mà không kèm điểm ảnh nên không có gì để xem. Hãy yêu cầu nơi gửi gửi lại, hoặc chọn chuỗi khác.',

  noImages: 'Chuỗi này không chứa ảnh để hiển thị. Hãy chọn chuỗi khác.',
  noSuchFrame:
    'Ảnh được yêu cầu có ở đây nhưng không có khung hình mang số được yêu cầu. Không hiện khung hình khác thay cho nó. Hãy hỏi nơi đưa ra địa chỉ này, hoặc chọn một chuỗi ảnh.',
  noSuchImage:
    'Ảnh được yêu cầu không có trong chuỗi này: ảnh đã bị rút hoặc chưa được gửi đến. Không hiện ảnh khác thay cho nó. Khi được gửi đến, ảnh tự hiện ở đây. Hãy chờ, hỏi nơi chụp, hoặc chọn một chuỗi ảnh.',
  noSuchSeries:
    'Chuỗi ảnh được yêu cầu không có trong ca chụp này: chuỗi đã bị rút hoặc chưa được gửi đến. Không hiện chuỗi khác thay cho nó. Khi được gửi đến, chuỗi tự hiện ở đây. Hãy chờ, hỏi nơi chụp, hoặc chọn một chuỗi ảnh.',
  noSuchStudy:
    'Kho không có ca chụp được yêu cầu: ca chưa từng được gửi đến đây, chưa đến hết, hoặc đã bị rút. Khi ca được gửi đến, ảnh tự hiện ở đây. Hãy chờ, hỏi nơi chụp, bấm nút quay lại của trình duyệt, hoặc quay về danh sách.',
  wrongPixels:
    'Dữ liệu ảnh nhận được không khớp với mô tả của nó nên không hiển thị, để tránh hiện sai. Hãy thử lại; nếu vẫn vậy, báo người quản trị.',
  otherSyntax:
    'Ảnh nhận được theo cú pháp truyền khác với cú pháp đã báo trước, nên không hiển thị, để tránh hiện sai. Hãy tải lại trang; nếu vẫn vậy, báo người quản trị.',
};

export type ReadingRoomMsg = keyof typeof vi;

const en = {
  backToList: 'Studies',
  series: 'Series',
  seriesNumber: 'Series {n}',
  imageOf: 'Image {n} / {total}',
  imagePosition: 'Position in the series',
  windowOf: 'W {width}  L {center}',
  zoomOf: 'Zoom {n}%',
  sliceOf: '{thickness} mm thick',
  locationOf: 'Location {n} mm',
  age: '{n} year|years',
  months: '{n} month|months',
  weeks: '{n} week|weeks',
  days: '{n} day|days',
  atDetector: 'Spacing is at the detector',
  lossy: 'Lossy compression {how}',
  lossyPerhaps: 'Maybe lossy: {how}',
  previewNotForDiagnosis: 'Preview – not for diagnosis',
  loadingImage: 'Loading image {n}…',
  loadingBytes: 'Loading image {n}… {done} of {total} MB',
  loadingSeries: 'Opening the series…',
  loadingStudy: 'Opening the study…',
  seriesLoaded: '{done} of {total} images loaded',
  seriesLoadedFailed: '{done} of {total} images loaded, {failed} failed',
  noStudyGiven: 'This address names no study. Open one from the list.',
  emptyStudy: 'This study has no images yet. They may still be arriving; try again in a few minutes.',
  studyWithoutSeries: 'This study has no images yet',
  seriesBefore: 'Show more of the series before ({n})',
  seriesAfter: 'Show more of the series after ({n})',
  imagesArrived: '{n} new image|images',
  imagesWithdrawn: '{n} image|images withdrawn from this series',
  imageWithdrawn: 'This image was withdrawn from the study',
  imageWithdrawnNext:
    'It was rejected while you were reading: do not read on by it. Show the series as it is now; if no image is left, choose another series or ask who made the images.',
  showNews: 'Show the series as it is now',
  imageNotShown: 'The image cannot be shown',
  imageNotShownOf: 'Image {n} cannot be shown',
  cannotDraw:
    'The browser cannot draw this image: its compression or kind is not supported. Try again or open another image.',
  goesOnByItself: 'Loading goes on by itself when the network is back.',
  print: 'Print',
  printShown: 'Print the images shown',
  printFitted: 'Fitted to the page',
  printLifeSize: 'Life size 1:1',
  printedLifeSize:
    'Life size (1:1) if printed at 100 %: check the bar of each image with a ruler. What the page has no room for is cut off. A print is not for diagnosis.',
  lifeSize: '1:1',
  notLifeSize: 'not 1:1',
  printedFitted:
    'Fitted to the page, not life size: measure by the scale bar of each image. A print is not for diagnosis.',
  overlaysFailed: 'The overlays of the image could not be loaded',
  layout: 'Layout',
  layoutOf: '{rows} × {columns}',
  viewportOf: 'Viewport {n}',
  linkScroll: 'Scroll, zoom and pan the viewports together; with CT the window too',
  linkScrollShort: 'Link',
  referenceLines: 'Reference lines of the slice in the other viewports',
  referenceLinesShort: 'Lines',
  chooseSeries: 'Choose a series, or drop one here',
  tableOf: 'VOI table of the file',
  mirrored: 'Mirrored: left and right changed',
  inverted: 'Inverted',
  wordsHidden: 'Words hidden (U)',
  shutterOff: 'Shutter off (M)',
  slicesMissing: '{n} slice|slices missing, after image {at}',
  sideRight: 'Right',
  sideLeft: 'Left',
  sideBoth: 'Both sides',
  framesPerSecond: '{n} frame|frames per second',
  axial: 'Axial',
  coronal: 'Coronal',
  sagittal: 'Sagittal',
  oblique: 'Oblique',
  localizer: 'Localizer',
  echoOf: 'TE {n} ms',
  repetitionOf: 'TR {n} ms',
  inversionOf: 'TI {n} ms',
  acquiredAt: 'Acquired {time}',
  phaseOf: 'Phase {n}',
  phaseOfSeveral: 'Phase {n} of {total}',
  voltageOf: '{n} kV',
  exposureOf: '{n} mAs',
  bValueOf: 'b {n}',
  instanceOf: 'No. {n}',
  alikeOf: '{n} of {total} alike',
  segmentOf: 'Segment: {name}',
  document: 'Document',
  openDocument: 'Open in a new tab',
  saveDocument: 'Save a copy',
  saveStudy: 'Save the whole study (ZIP)',
  documentNext: 'This browser cannot read PDF inside a page; the document opens in a new tab.',
  video: 'Video',
  videoNotPlayed: 'The video cannot be played here',
  videoNext:
    'This browser does not play video of kind {coding}. Save a copy and open it in a video player such as VLC, or try another browser.',
  report: 'Report',
  reportEmpty: 'This report holds no text.',
  longerThanShown:
    'This document is longer than can be shown here: parts of it are left out. Save a copy and open it in another program to read all of it.',
  mediaLeftOut: '[A picture or sound is left out here: save a copy and open it in another program]',
  openReferenced: 'Open image {uid}',
  openReferencedFrames: 'Open image {uid}, frame {frames}',
  reportVerified: 'Verified',
  reportUnverified: 'Not verified',
  noImageHere: 'No image here',
  nothingToSee:
    'Data of kind {modality} is no image, so there is nothing to see here. Save a copy and open it in a program for it, or choose another series.',
  nothingToSeeAtAll:
    'This is no image, so there is nothing to see here. Save a copy and open it in a program for it, or choose another series.',
  spectraNext:
    'These are spectra of magnetic resonance and no image, which are not drawn here. Save a copy and open it in a program for spectra, or choose another series.',
  rawDataNext:
    'This is raw data of a scanner, which images are still to be made from. Open it in the software of the scanner, or choose another series.',
  registrationNext:
    'This is a registration: how series of images lie to each other. Images are shown without it here. Save a copy and open it in a program that registers images, or choose another series.',
  treatmentNext:
    'This is the record of a treatment with radiation and no image. Open it in the system that treats, or choose another series.',
  presentationStateNext:
    'This is a presentation state: how somebody has shown images (window, marks, cropping). Images are shown without it here. Open the series of the images.',
  waveformNext:
    'These are curves, such as an ECG, or sound, which are not drawn here. Save a copy and open it in a program for them, or choose another series.',
  structuresNext:
    'These are structures outlined for a treatment plan, which are not drawn over the images here. Open them in a planning program, or choose another series.',
  structureNames: 'Structures: {names}',
  andMore: 'and {n} more',
  planNext: 'This is a treatment plan and no image. Open it in a planning program, or choose another series.',
  modelNext:
    'This is a 3D model. Save a copy and open it in a program that shows or prints such, or choose another series.',
  documentNotRead: 'This document cannot be read here',
  documentNotReadNext:
    'This clinical document (HL7 CDA) has no text that can be read, or is damaged. Save a copy and open it in another program, or ask the sender to send it again.',
  documentNoPdf:
    'This document came as a PDF and is none, or is damaged. Save a copy and open it in another program, or ask the sender to send it again.',
  documentDamaged:
    'This document is damaged in {n} place|places: what cannot be read stands as �. It may differ from the original: compare it with that, or have its sender send it again.',
  withoutPixels:
    'This image came without its pixels, so there is nothing to see. Have its sender send it again, or choose another series.',

  noImages: 'This series holds no images to show. Choose another series.',
  noSuchFrame:
    'The image asked for is here, but has no frame of the number asked for. No other is shown in its place. Ask who gave you this address, or choose a series.',
  noSuchImage:
    'The image asked for is not in this series: it was withdrawn, or has not come. No other is shown in its place. When it comes, it is shown here by itself. Wait, ask who made the images, or choose a series.',
  noSuchSeries:
    'The series asked for is not in this study: it was withdrawn, or has not come. No other is shown in its place. When it comes, it is shown here by itself. Wait, ask who made the images, or choose a series.',
  noSuchStudy:
    'The archive does not have the study asked for: it was never sent here, has not come yet, or was withdrawn. When it comes, it is shown here by itself. Wait, ask who made the images, take the browser’s way back, or go back to the list.',
  wrongPixels:
    'The image data received does not match its description, so it is not shown rather than shown wrong. Try again; if it stays so, tell the administrator.',
  otherSyntax:
    'The image came in another transfer syntax than the one announced, so it is not shown rather than shown wrong. Reload the page; if it stays so, tell the administrator.',
} satisfies Record<ReadingRoomMsg, string>;

export const readingRoomTexts = { vi, en };
