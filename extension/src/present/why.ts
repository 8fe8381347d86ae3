import type {Language} from '../core/i18n.js';
import {say, sayAct, sayMeaning} from '../core/line-texts.js';
import {readReason} from '../core/verdicts.js';
import type {Detail} from '../lists/messages.js';
import {build, button} from './elements.js';
import type {CoverActions, Story} from './shell.js';

/** What "Why?" tells: what such a reply does, who said so, and a number only to those who asked for numbers. */
export function explain(story: Story, actions: Pick<CoverActions, 'details'>): HTMLElement[] {
	const {language, reason, partial, source, score} = story;
	const notes = [saySource(language, source, story.lists)];
	if (partial) notes.push(say(language, 'partial'));
	if (score !== undefined) notes.push(say(language, 'sure', {percent: percent(language, score)}));
	const told: HTMLElement[] = [build('p', 'note', notes.join(' '))];
	// A person who marked it without a category has said no more than that.
	if (reason !== 'other' || source === 'model') told.unshift(build('p', '', sayMeaning(language, reason)));
	if (source === 'list') told.push(offerDetails(story, actions));
	return told;
}

/** Who says that it is covered. */
export function saySource(language: Language, source: Story['source'], lists: string[] = []): string {
	const list = new Intl.ListFormat(language).format(lists);
	return say(language, source === 'list' && lists.length > 1 ? 'source_lists' : `source_${source}`, {list});
}

/** Nothing is asked of a server unless somebody presses this. */
function offerDetails({id, language}: Story, actions: Pick<CoverActions, 'details'>): HTMLElement {
	const box = build('div');
	box.setAttribute('role', 'status');
	const ask = button(say(language, 'list_details'), async () => {
		ask.disabled = true;
		const details = await actions.details(id);
		ask.disabled = false;
		const told = details?.map(detail => sayDetail(language, detail)) ?? [
			say(language, 'list_details_failed'),
		];
		box.replaceChildren(...told.map(text => build('p', 'note', text)), ...(details ? [] : [ask]));
	});
	box.append(ask);
	return box;
}

function sayDetail(language: Language, {list, category, listed, review}: Detail): string {
	if (!category || !listed || !review) return say(language, 'list_detail_none', {list});
	const act = sayAct(language, readReason(category));
	return say(language, 'list_detail', {
		list,
		act,
		listed: sayMonth(language, listed),
		review: sayMonth(language, review),
	});
}

function sayMonth(language: Language, month: string): string {
	return new Intl.DateTimeFormat(language, {month: 'long', year: 'numeric', timeZone: 'UTC'}).format(
		new Date(month),
	);
}

/** Never 100 %: no model is that sure. */
function percent(language: string, score: number): string {
	return new Intl.NumberFormat(language, {style: 'percent'}).format(Math.min(score, 0.99));
}
