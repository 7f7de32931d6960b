/** What a question is about, guessed from its words: for counts and charts alone. */

/** Words that speak for a subject of MATH. A topic without an entry is known by its own words. */
const cues: Readonly<Record<string, RegExp>> = {
  Geometry:
    /triangle|circle|angle|polygon|area|perimeter|radius|diameter|rectangle|square with|cube|sphere|cone|cylinder|hexagon|parallel|perpendicular|tangent to/gi,
  'Counting and Probability':
    /probability|how many ways|arrange|permutation|combination|dice|\bdie\b|coin|cards?\b|committee|choose|random/gi,
  'Number Theory':
    /prime|divis|remainder|modulo|\bmod\b|\\pmod|greatest common|least common|gcd|lcm|digits?\b|base \d|integer solutions/gi,
  Precalculus: /\\sin|\\cos|\\tan|sine|cosine|tangent of|vector|matrix|matrices|polar|complex number|radians/gi,
  'Intermediate Algebra':
    /polynomial|quadratic|roots?\b|logarithm|\\log|asymptote|inequalit|sequence|series|parabola|ellipse|hyperbola|function f/gi,
  Prealgebra: /percent|average|fraction|ratio|cost|price|miles|hours|minutes|how much|total/gi,
  Algebra: /solve|equation|\bx\b|\by\b|linear|slope|expression|simplif/gi,
};

/** The topic whose words occur most, the first in the list of several; `other` where none does. */
export function kindOf(question: string, topics: readonly string[]): string {
  let best = 'other';
  let most = 0;
  for (const topic of topics) {
    const found = question.match(cues[topic] ?? ownWords(topic))?.length ?? 0;
    if (found > most) [best, most] = [topic, found];
  }
  return best;
}

const ownWords = (topic: string) =>
  new RegExp(
    topic
      .split(/\W+/)
      .filter((word) => word.length > 3)
      .map((word) => `\\b${word}`)
      .join('|') || '(?!)',
    'gi',
  );
