import {sayTime} from '../../../extension/src/pages/common/time.js';

const AT = new Date(2026, 4, 3, 15, 7).getTime();

test('a time in Urdu has 24 hours and no Latin letters', () => {
	expect(sayTime('ur', AT)).toMatch(/^15:07$/);
	expect(sayTime('ur', new Date(2026, 4, 3, 0, 5).getTime())).toMatch(/^0?0:05$/);
	expect(sayTime('ur', AT, 'long')).not.toMatch(/[A-Za-z]/);
});

test('a time in English is as the browser writes it, after the date', () => {
	expect(sayTime('en', AT)).toMatch(/^3:07\sPM$/);
	expect(sayTime('en', new Date(AT).toISOString(), 'medium')).toMatch(/May 3, 2026.*3:07/);
});
