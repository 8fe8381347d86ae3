/** The countries that we know organisations in; 'XX' stands for anywhere. */
export const COUNTRIES = ['PK', 'IN', 'BD', 'GB', 'IE', 'US', 'CA', 'AU', 'NZ', 'XX'] as const;
export type Country = (typeof COUNTRIES)[number];

const ZONES: Record<string, Country> = {
	'Asia/Karachi': 'PK',
	'Asia/Kolkata': 'IN',
	'Asia/Calcutta': 'IN',
	'Asia/Dhaka': 'BD',
	'Asia/Dacca': 'BD',
	'Europe/London': 'GB',
	'Europe/Belfast': 'GB',
	'Europe/Jersey': 'GB',
	'Europe/Guernsey': 'GB',
	'Europe/Isle_of_Man': 'GB',
	'Europe/Dublin': 'IE',
	'Pacific/Auckland': 'NZ',
	'Pacific/Chatham': 'NZ',
	'Pacific/Honolulu': 'US',
};
const AMERICA: Array<[Country, RegExp]> = [
	[
		'CA',
		/^America\/(?:Toronto|Montreal|Vancouver|Edmonton|Calgary|Winnipeg|Halifax|St_Johns|Regina|Moncton|Whitehorse|Yellowknife|Iqaluit|Thunder_Bay|Glace_Bay|Goose_Bay|Dawson|Inuvik|Rankin_Inlet|Resolute)/,
	],
	[
		'US',
		/^America\/(?:New_York|Chicago|Denver|Los_Angeles|Phoenix|Detroit|Boise|Anchorage|Juneau|Sitka|Nome|Adak|Menominee|Indiana|Kentucky|North_Dakota|Indianapolis|Louisville)/,
	],
];

/**
 * The country that somebody is most probably in. The clock tells it better than the language: English in Pakistan is
 * mostly set up as that of the United States. A clock elsewhere is anywhere; one that tells nothing leaves the languages.
 */
export function guessCountry(timeZone: string | undefined, languages: readonly string[]): Country {
	const zone = timeZone ?? '';
	const known = ZONES[zone] ?? AMERICA.find(([, pattern]) => pattern.test(zone))?.[0];
	if (known) return known;
	if (zone.startsWith('Australia/')) return 'AU';
	// A browser that hides the zone says UTC.
	if (zone !== '' && !/^(?:Etc\/|UTC|GMT)/.test(zone)) return 'XX';
	for (const language of languages) {
		const region = /^[a-z]{2,3}(?:-[A-Z][a-z]{3})?-([A-Z]{2})\b/.exec(language)?.[1];
		const country = COUNTRIES.find(one => one === region);
		if (country) return country;
	}
	return 'XX';
}
