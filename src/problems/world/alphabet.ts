/** The characters of the digit-programs world; one token each. */

/** Operations of a program, by the letter that names them: Left, Reverse, Swap, Increment, Add, Complement. */
export const operationLetters = 'LRSIAC';

/** What a question of another family begins with. */
export const marks = { sort: 's', maximum: 'm', repeat: 'r', coin: '?', textbook: '*' } as const;

/** Between the parts of a document, and at its end. */
export const equals = '=';
export const end = '.';

export const beginningOfText = '^';

/** Every character of a text, in the order of their token ids (after the beginning-of-text token). */
export const alphabet = `0123456789${equals}${end}+${operationLetters}${Object.values(marks).join('')}`;
