/** All problems, and those of each subject and level where they have one: the rows of tables over problems. Pure. */

export interface Grouped {
  readonly subject?: string | undefined;
  readonly level?: string | undefined;
}

export interface ProblemGroup<Member> {
  readonly by: 'all' | 'subject' | 'level';
  /** 'all', a subject or a level. */
  readonly group: string;
  readonly members: readonly Member[];
}

/** Names in the order that people count in: level 9 before level 10. */
export function problemGroups<Member extends Grouped>(all: readonly Member[]): ProblemGroup<Member>[] {
  const groups = (by: 'subject' | 'level') => {
    const members = new Map<string, Member[]>();
    for (const one of all) {
      const name = one[by];
      if (name === undefined) continue;
      const known = members.get(name);
      if (known) known.push(one);
      else members.set(name, [one]);
    }
    const names = [...members.keys()].toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }));
    return names.map((group) => ({ by, group, members: members.get(group) as Member[] }));
  };
  return [{ by: 'all', group: 'all', members: all }, ...groups('subject'), ...groups('level')];
}
