/** A made-up post, and made-up replies to it. Mild ones: no slurs, nothing graphic. Nobody wrote them. */
export const POST = 'A man followed me from the bus stop to my door today. I want to say it out loud.';

export interface Example {
	/** 'ur-Latn': Urdu in Latin letters. */
	language: 'en' | 'ur-Latn' | 'ur';
	text: string;
}

export const EXAMPLES: readonly Example[] = [
	{language: 'en', text: 'I believe you. Thank you for telling us.'},
	{language: 'en', text: 'Why were you out alone so late? You should have been more careful.'},
	{language: 'ur-Latn', text: 'Aap ne bohat himmat ki. Hum aap ke saath hain.'},
	{language: 'ur', text: 'گھر سے اکیلے نکلنے کی ضرورت ہی کیا تھی؟'},
	{language: 'en', text: 'Which bus stop was it? I take that line every day.'},
	{language: 'ur-Latn', text: 'Itni si baat ka itna shor. Ye to hota rehta hai.'},
	{language: 'ur', text: 'اس میں آپ کا کوئی قصور نہیں۔ اپنا خیال رکھیں۔'},
	{language: 'en', text: "I don't think this happened. You only want attention."},
	{language: 'ur-Latn', text: 'Is ki report kahan darj karwate hain?'},
	{language: 'ur', text: 'ایسی باتیں گھر میں رکھتے ہیں۔ پوسٹ ہٹا دیں۔'},
	{language: 'en', text: 'He was probably just walking the same way. Poor man.'},
	{language: 'en', text: 'Do not listen to those who ask what you were wearing.'},
];
