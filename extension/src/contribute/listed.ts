import type {Listed} from '../core/decide.js';
import {loadMine} from './mine.js';
import {loadSquads} from './squads.js';

/** Accounts on the reader's own list and in squads, by number. One's own list goes first, then the stronger tier. */
export async function loadListed(): Promise<Record<string, Listed>> {
	const [mine, squads] = await Promise.all([loadMine(), loadSquads()]);
	const listed: Record<string, Listed> = {};
	for (const {content} of squads) {
		for (const [id, {tier}] of Object.entries(content.accounts)) {
			if (listed[id]?.tier !== 'hide') listed[id] = {tier, source: 'squad'};
		}
	}
	for (const [id, {tier}] of Object.entries(mine)) listed[id] = {tier, source: 'mine'};
	return listed;
}
