import {inTurn} from '../core/in-turn.js';
import {isDay, isRecord, today} from './forms.js';
import {readContent, type SquadContent} from './squad-box.js';

// The squads that this browser takes part in, in storage.local, with the codes that open them.

export const SQUAD_PROBLEMS = ['ended', 'refused', 'unreadable', 'full'] as const;
export type SquadProblem = (typeof SQUAD_PROBLEMS)[number];

export interface Squad {
	/** The invitation: whoever holds it reads and writes. */
	code: string;
	/** The address of the server that keeps the box. */
	server: string;
	/** Day it was made or joined here. */
	since: string;
	/** Of the box that was read or written last; 0 before the first. */
	version: number;
	/** As it was in that box. */
	base: SquadContent;
	/** As it is here, with changes that are not sent yet. */
	content: SquadContent;
	/** Why it cannot be brought up to date. */
	problem?: SquadProblem;
}

const EMPTY: SquadContent = {name: '', accounts: {}};

export async function loadSquads(): Promise<Squad[]> {
	const {squads} = await chrome.storage.local.get('squads');
	return Array.isArray(squads) ? squads.flatMap(readSquad) : [];
}

/** Makes a squad, or joins one: then what it holds is not known yet. One that is there already stays. */
export function addSquad(
	code: string,
	server: string,
	content: SquadContent = EMPTY,
	now = Date.now(),
): Promise<void> {
	const squad: Squad = {code, server, since: today(now), version: 0, base: EMPTY, content};
	return changeSquads(squads => (squads.some(one => one.code === code) ? squads : [...squads, squad]));
}

/** Changes one squad, if it is still there. */
export function changeSquad(code: string, change: (squad: Squad) => Squad): Promise<void> {
	return changeSquads(squads => squads.map(squad => (squad.code === code ? change(squad) : squad)));
}

export function leaveSquad(code: string): Promise<void> {
	return changeSquads(squads => squads.filter(squad => squad.code !== code));
}

function changeSquads(change: (squads: Squad[]) => Squad[]): Promise<void> {
	return inTurn('squads', async () => {
		await chrome.storage.local.set({squads: change(await loadSquads())});
	});
}

function readSquad(value: unknown): Squad[] {
	if (!isRecord(value) || typeof value.code !== 'string' || typeof value.server !== 'string') return [];
	const {code, server, since, version, base, content} = value;
	const problem = SQUAD_PROBLEMS.find(one => one === value.problem);
	return [
		{
			code,
			server,
			since: isDay(since) ? since : today(),
			version: Number.isSafeInteger(version) ? Number(version) : 0,
			base: readContent(base),
			content: readContent(content),
			...(problem === undefined ? {} : {problem}),
		},
	];
}
