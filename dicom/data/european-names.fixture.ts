/**
 * Names that are rightly labelled, by the set that their country writes them in: given names and family names, of which every
 * pair is tried. Among them are all the short ones that come near a Vietnamese syllable, and families of Vietnamese descent.
 */
interface Names {
  readonly label: string;
  readonly given: string;
  readonly family: string;
}

export const europeanNames: Readonly<Record<string, Names>> = {
  German: {
    label: 'ISO_IR 100',
    given: 'Jürgen Jörg Käthe Günter Björn Sören Bärbel Mäx Hänsel Änne Özlem Rüdiger Kai An Kim Mai Bo Lü Uwe Anna',
    family:
      'Müller Schröder Böhm Köhler Möhn Jäger Weiß Groß Bär Hän Mäh Röhm Löw Löhn Höng Töng Süß Küng Kühn Dähn Än Öl Hüt Rösch Großmann Täubner',
  },
  French: {
    label: 'ISO_IR 100',
    given:
      'Jérôme François Loïc Maël Zoé Noé Chloé Anaïs Thaïs Raphaël Gaël Benoît Théo Aimée Cécile Hélène Joël Naïm Saïd Haïm RENé HéLèNE Léa Mai',
    family:
      'Lefèvre Côté Bé Mé Thé Hué Lô Tô Dô Gué Pré Dubé Boré Bréchet Lâm Béthune Guérin Lécuyer Noël Pâris Bouché Mûr Crû Thô Bô Nô Vô Lê Ngô Hoàng Tràn Phan Nguyen',
  },
  Spanish: {
    label: 'ISO_IR 100',
    given: 'José María Mª Jesús Ángel Íñigo Raúl Saúl Sofía Inés Noé Añá Lucía Óscar Mª^Luz Mª^Paz Íker Bea Lea',
    family: 'Muñoz Peña Núñez Ibáñez López Pérez Gómez Nó Ló Bá Bó Coí Güell Mún Ñá Lí Dí Só Gñ Castán Morán Añó Bañó',
  },
  Portuguese: {
    label: 'ISO_IR 100',
    given: 'João Conceição Antão Inês Luís Sebastião Irmã Mãe Lã Simão Tomé Zé Nã Estêvão Aarão Leã Mônica Lívia',
    family:
      'Magalhães Simões Camões Guimarães Mourão Leão Sá São Brandão Galvão Não Cão Pã Vã Bã Lã Mã Antônio Falcão Conceição',
  },
  Italian: {
    label: 'ISO_IR 100',
    given: 'Nicolò Niccolò Mosè Noè Cosmè Totò Pietrò Giosuè Nà Lì Bò Ciò Marì',
    family: 'Forlì Salò Cantù Bò Dalò Corrò Tò Lò Nì Mì Viò Cefalù Viganò Sanò Rò Rocchì Può Ghiò Calì Alì Alò',
  },
  Scandinavian: {
    label: 'ISO_IR 100',
    given: 'Åsa Åke Bo Kim Mai Pål Pär Møns Jón Søren Bjørn Göran Märta An Sölvi Håkon Ib Lars Ole',
    family:
      'Lång Bång Hån Mån Hå Bå Åberg Sjöström Ångström Öberg Høng Høn Møn Bøn Sø Kån Vång Söng Möng Häng Hägg Grön Næss Lø Nør Sæ Tøn Tång Gång Ågren Ö Å',
  },
  Icelandic: {
    label: 'ISO_IR 100',
    given: 'Guðrún Þór Sigurður Ýr Auð Bý Ásdís Ægir Þóra Hjördís Guð Nói Dýri Hlíð Rán Lóa Óli Sól Mör',
    family: 'Þórsdóttir Jónsson Guðmundsdóttir Veð Bý Hý Lý Mý Rý Sý Ýr Auðunsson Há Lóð',
  },
  'Finnish and Estonian': {
    label: 'ISO_IR 100',
    given: 'Päivi Väinö Jääk Õnne Tõnu Tõn Mõ Hõ Kõu Yrjö Eeö Äijä Öö Lõo Ülo Aä Mäd',
    family: 'Määttä Hämäläinen Kõiv Põld Võ Jõgi Mägi Lõhmus Sõ Tõll Mõts Rõõm Õun Lõng Tõng Hõng Sõng Töl Pää',
  },
  Irish: {
    label: 'ISO_IR 100',
    given: 'Seán Sinéad Áine Órla Ciarán Róisín Éamon Máire Lé Pól Liám Dáithí',
    family: 'Ó Né Mac^Án Óg Ní Bán Mór Ó^Cuív Láng Búc Tóm Séan',
  },
  'Vietnamese abroad': {
    label: 'ISO_IR 100',
    given: 'Loïc Hà Thành Minh Tân Vân Anaïs Hân Linh Tô Thiên Thúy Long François Naïm Noé Hoà Hòa Trí',
    family: 'Lê Ngô Hoàng Bùi Phan Tran Nguyen Vo Võ Tô Lâm Hà Thái Mai Lý Trân',
  },
  'Polish and Hungarian': {
    label: 'ISO_IR 101',
    given: 'Łukasz Żaneta Ágnes Gábor Zoé Bő Kő Jó Małgorzata Bożena Święt Wójt Śnieżka',
    family: 'KRÓŁ WÓŁCZAŃSKI Kő Bő Wół Dąb Ból Łęg Wąs Gąd Nővér Erdős Szőke Żak Łoś ŻÓŁĆ Gołąb Pająk Tóth Nagyű',
  },
  Czech: {
    label: 'ISO_IR 101',
    given: 'Jiří Týn Lý Bý Žofie Šárka Ján Ďuro Řehoř Čeněk Zdeněk',
    family: 'Novotný Malý Bílý Hý Rý Sý Lý Černý Týc ČŠ Dvořák Kýr Hrubý Můr Bůh Růt Líný',
  },
  Turkish: {
    label: 'ISO_IR 148',
    given: 'Gülşen Özgür İbrahim Işıl Şü Ömer Ünal Öz Nü Hü Aslı',
    family: 'Yıldız Öztürk Şahin Çelik Göğüş Ağa Üm Köng Bö Tö Gün Ön Sağ Dağ Güneş',
  },
  Baltic: {
    label: 'ISO_IR 110',
    given: 'Jānis Žanis Ēriks Šarūnas Ģirts Ķēn Līga Ņina Ūla Nē Mā',
    family: 'Bērziņš Kalniņš Žukauskas Ķ Lū Nū Bē Kā Rūķ Ūdris Stūrīt Lācis',
  },
  Maltese: { label: 'ISO_IR 109', given: 'Ġorġ Ħal Ċensu Żaż Ġu Bħal', family: 'Ħaż Ġebel Żammit Bòng Lò Lù Nà Ċar' },
  Russian: { label: 'ISO_IR 144', given: 'Анна Пётр Ия Ян рА Ёж Лю', family: 'Ли Цой Ким Люкceмбypг Щукин Юн Ян' },
  Greek: { label: 'ISO_IR 126', given: 'Διονύσιος Άννα Ίων Ό Ώρα Έλλη', family: 'Βλάχος Ρω Νι Λω Κω Παππάς' },
  Thai: { label: 'ISO_IR 166', given: 'เดช เกม เงบ แดง นา ธง สมชาย', family: 'ใจดี เดช ทอง เปรม ศรี' },
  Hebrew: { label: 'ISO_IR 138', given: 'שרון דן גד', family: 'דבורה כהן לוי' },
  Arabic: { label: 'ISO_IR 127', given: 'لنزار علي', family: 'قباني سلمى' },
};

export const europeanTexts =
  `Röntgen Thorax in 2 Ebenen|Schädel nativ|Échographie abdominale|Tórax PA y lateral|Ressonância magnética do crânio|
30° Neigung|5 µm|10 µm Schicht|Winkel ±5°|1½ Std.|«CAFÉ»|© Philips|Syngo® VA|m²|cm³|Nº 5|1ª vez|2º andar|§ 12|Paral·lel|Ångström|
Schlüsselbein|Hüfte re|Knie li. 2 Ebenen|Größe 1:1|Ganzkörper|Übersicht|Lendenwirbelsäule|Hôpital Saint-Michel|Clínica São Lucas|Hospital Núm. 1|
Ö|é|Ü°|Ñº|É·|n°|T2 µA|Kö Bö|Mª Lin|Hô Thé|Bön Möng`
    .split('|')
    .map((text) => text.trim());
