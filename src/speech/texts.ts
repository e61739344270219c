/** The texts of the prompts that no sound set has, and the voices that speak them and digits that a set lacks. */

export interface PromptTexts {
  /** espeak-ng's name of the voice. */
  readonly voice: string;
  readonly pressKey: string;
  /** With the warning that stops a person from reading the code out to a fraudster. */
  readonly yourCode: string;
  readonly again: string;
}

/** By language, as Asterisk names languages. */
export const promptTexts: Readonly<Record<string, PromptTexts>> = {
  en: {
    voice: "en-us",
    pressKey: "Hello. To hear your verification code, press 1.",
    yourCode: "Do not share this code with anyone. Your code is:",
    again: "Again:",
  },
  id: {
    voice: "id",
    pressKey: "Halo. Tekan 1 untuk mendengar kode verifikasi Anda.",
    yourCode: "Jangan berikan kode ini kepada siapa pun. Kode Anda adalah:",
    again: "Sekali lagi:",
  },
  ms: {
    voice: "ms",
    pressKey: "Helo. Tekan 1 untuk mendengar kod pengesahan anda.",
    yourCode: "Jangan kongsi kod ini dengan sesiapa. Kod anda ialah:",
    again: "Sekali lagi:",
  },
  vi: {
    voice: "vi",
    pressKey: "Xin chào. Nhấn phím 1 để nghe mã xác minh của bạn.",
    yourCode: "Không chia sẻ mã này với bất kỳ ai. Mã của bạn là:",
    again: "Xin nhắc lại:",
  },
  th: {
    voice: "th",
    pressKey: "สวัสดี กด 1 เพื่อฟังรหัสยืนยันของคุณ",
    yourCode: "อย่าบอกรหัสนี้กับใคร รหัสของคุณคือ",
    again: "อีกครั้ง",
  },
  hi: {
    voice: "hi",
    pressKey: "नमस्ते। अपना सत्यापन कोड सुनने के लिए 1 दबाएँ।",
    yourCode: "यह कोड किसी को न बताएँ। आपका कोड है:",
    again: "फिर से:",
  },
  ur: {
    voice: "ur",
    pressKey: "السلام علیکم۔ اپنا تصدیقی کوڈ سننے کے لیے 1 دبائیں۔",
    yourCode: "یہ کوڈ کسی کو نہ بتائیں۔ آپ کا کوڈ ہے:",
    again: "دوبارہ:",
  },
  ar: {
    voice: "ar",
    pressKey: "مرحبا. اضغط على الرقم 1 لسماع رمز التحقق.",
    yourCode: "لا تشارك هذا الرمز مع أي شخص. رمزك هو:",
    again: "مرة أخرى:",
  },
  fa: {
    voice: "fa",
    pressKey: "سلام. برای شنیدن کد تأیید، عدد 1 را فشار دهید.",
    yourCode: "این کد را به هیچ کس ندهید. کد شما:",
    again: "دوباره:",
  },
  tr: {
    voice: "tr",
    pressKey: "Merhaba. Doğrulama kodunuzu duymak için 1'e basın.",
    yourCode: "Bu kodu kimseyle paylaşmayın. Kodunuz:",
    again: "Tekrar ediyorum:",
  },
  ru: {
    voice: "ru",
    pressKey: "Здравствуйте. Чтобы услышать код подтверждения, нажмите 1.",
    yourCode: "Никому не сообщайте этот код. Ваш код:",
    again: "Ещё раз:",
  },
  uk: {
    voice: "uk",
    pressKey: "Вітаємо. Щоб почути код підтвердження, натисніть 1.",
    yourCode: "Нікому не повідомляйте цей код. Ваш код:",
    again: "Ще раз:",
  },
  kk: {
    voice: "kk",
    pressKey: "Сәлеметсіз бе. Растау кодын тыңдау үшін 1 пернесін басыңыз.",
    yourCode: "Бұл кодты ешкімге айтпаңыз. Сіздің кодыңыз:",
    again: "Тағы да:",
  },
  es: {
    voice: "es-419",
    pressKey: "Hola. Para escuchar su código de verificación, presione 1.",
    yourCode: "No comparta este código con nadie. Su código es:",
    again: "Otra vez:",
  },
  pt: {
    voice: "pt-br",
    pressKey: "Olá. Para ouvir o seu código de verificação, pressione 1.",
    yourCode: "Não compartilhe este código com ninguém. O seu código é:",
    again: "Outra vez:",
  },
  fr: {
    voice: "fr-fr",
    pressKey: "Bonjour. Pour entendre votre code de vérification, appuyez sur 1.",
    yourCode: "Ne communiquez ce code à personne. Votre code est :",
    again: "Encore une fois :",
  },
  de: {
    voice: "de",
    pressKey: "Hallo. Um Ihren Bestätigungscode zu hören, drücken Sie die 1.",
    yourCode: "Geben Sie diesen Code an niemanden weiter. Ihr Code lautet:",
    again: "Noch einmal:",
  },
  it: {
    voice: "it",
    pressKey: "Salve. Per ascoltare il codice di verifica, prema 1.",
    yourCode: "Non comunichi questo codice a nessuno. Il suo codice è:",
    again: "Ancora una volta:",
  },
  pl: {
    voice: "pl",
    pressKey: "Dzień dobry. Aby usłyszeć kod weryfikacyjny, proszę nacisnąć 1.",
    yourCode: "Nie wolno podawać tego kodu nikomu. Kod to:",
    again: "Jeszcze raz:",
  },
  zh: {
    voice: "cmn",
    pressKey: "您好。请按 1 收听您的验证码。",
    yourCode: "请勿将此验证码告诉任何人。您的验证码是：",
    again: "再说一遍：",
  },
};
