/**
 * Mail in other languages and scripts.
 *
 * Decision: real sentences in German, French, Arabic, Japanese, Greek and Spanish. Right-to-left text, words without
 * spaces and accents in names are where a list, a search and a reply break first.
 */
import { ANSWERED, type Sample, UNREAD, YOU } from './sample.ts';

const HOUSE = 'Hausverwaltung Lindenhof <buero@lindenhof.example>';

/** Mail from elsewhere. */
export function languages(): Sample[] {
  return [
    {
      key: 'heizung',
      hours: 7.5,
      from: HOUSE,
      subject: 'Ablesung der Heizkörper am Dienstag zwischen 8 und 10 Uhr',
      text: 'Guten Tag,\n\nam Dienstag zwischen 8 und 10 Uhr werden die Zähler an den Heizkörpern abgelesen. Bitte räumen Sie die Fensterbänke frei. Wenn Sie nicht da sein können, geben Sie den Schlüssel einfach bei uns ab.\n\nMit freundlichen Grüßen\nIhre Hausverwaltung\n',
      flags: ANSWERED,
    },
    {
      key: 'heizung-antwort',
      folder: 'Sent',
      hours: 6.9,
      from: YOU,
      to: [HOUSE],
      subject: 'Re: Ablesung der Heizkörper am Dienstag zwischen 8 und 10 Uhr',
      text: 'Guten Tag,\n\nich bin da. Die Fensterbank ist frei, bis auf die Katze.\n\nViele Grüße\n',
      answers: 'heizung',
    },
    {
      key: 'maktaba',
      hours: 9.3,
      from: 'المكتبة العامة <info@maktaba.example>',
      subject: 'دعوة إلى أمسية قراءة يوم الخميس',
      text: 'مرحباً،\n\nيسرّنا أن ندعوكم إلى أمسية قراءة يوم الخميس الساعة السابعة مساءً في القاعة الكبيرة. سنقرأ قصصاً عن البحر، وبعدها نشرب الشاي معاً.\n\nالدخول مجاني، والأطفال مرحّب بهم.\n\nمع أطيب التحيات\nالمكتبة العامة\n',
      html: '<div dir="rtl"><p>مرحباً،</p><p>يسرّنا أن ندعوكم إلى <b>أمسية قراءة</b> يوم الخميس الساعة السابعة مساءً في القاعة الكبيرة. سنقرأ قصصاً عن البحر، وبعدها نشرب الشاي معاً.</p><p>الدخول مجاني، والأطفال مرحّب بهم.</p><p>مع أطيب التحيات<br>المكتبة العامة</p></div>',
      flags: UNREAD,
    },
    {
      key: 'ryokan',
      folder: 'Travel',
      hours: 26,
      from: '山の湯旅館 <yoyaku@yamanoyu.example>',
      subject: 'ご予約の確認(二泊・和室)',
      text: 'このたびは山の湯旅館をご予約いただき、誠にありがとうございます。\n\n下記の内容で承りました。\n\n お部屋:和室(十畳)\n ご宿泊:二泊\n ご夕食:午後六時より\n\n露天風呂は夜十一時までご利用いただけます。お気をつけてお越しください。\n\n山の湯旅館\n',
    },
    {
      key: 'boulangerie',
      hours: 48,
      from: 'Coopérative du pain <bonjour@pain.example>',
      subject: 'Votre pain du samedi : c’est noté',
      text: 'Bonjour,\n\nc’est noté : un pain de seigle et deux brioches pour samedi. Le four est allumé à quatre heures, passez quand vous voulez à partir de sept heures.\n\nÀ samedi,\nla coopérative\n',
    },
    {
      key: 'plio',
      folder: 'Travel',
      hours: 150,
      from: 'Ακτοπλοϊκά εισιτήρια <kratiseis@ferries.example>',
      subject: 'Η κράτησή σας για το πλοίο των 09:15',
      text: 'Καλημέρα σας,\n\nη κράτησή σας για το πλοίο των 09:15 επιβεβαιώθηκε. Παρακαλούμε να είστε στο λιμάνι μισή ώρα νωρίτερα.\n\nΚαλό ταξίδι!\n',
    },
    {
      key: 'museo',
      hours: 125,
      from: 'Museo del Agua <visitas@museo.example>',
      subject: '¿Le gustó la visita? El catálogo ya está en línea',
      text: 'Buenos días:\n\nel catálogo de la exposición «Ríos y acequias» ya se puede leer en línea, sin registro. Gracias por su visita, y vuelva cuando quiera.\n\nMuseo del Agua\n',
    },
  ];
}
