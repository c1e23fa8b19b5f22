import { randomInt } from 'node:crypto';

/** Words of our own choice: weather and landscape, and people who built machines that run by themselves or in step. */
const adjectives =
  `amber ample azure balmy brave breezy bright brisk calm candid clear clever cosy crisp deft eager early earnest even fair fleet
  fond frank fresh gentle glad golden grand green hardy hazy honest humble ivory jolly keen kind lively lofty lucid lunar lush mellow merry mild
  misty modest neat nimble noble opal patient placid plucky polar proud quick quiet rapid ready robust rosy rustic sandy serene sharp shiny silent
  silver sincere sleek smooth snowy solar solid spry stark steady still stormy sturdy subtle sunny swift tidal tidy tranquil trusty upbeat vivid
  warm wary windy wise witty zesty`.split(/\s+/);
const surnames = `allen babbage backus baran bardeen bell blackwell bouman brinch cerf chang church clarke codd conway corbato cray dahl
  davies dennis diffie dijkstra eckert engelbart estrin feinler floyd flowers forsythe goldberg goldstine gosling hamming hamilton hartmanis
  hellman hoare hopper huffman ichbiah iverson jacquard jennings kahn kay kemeny kernighan kilby kildall kleene kleinrock knuth lamarr
  lamport lampson landin lauer lebedev leibniz licklider liskov lovelace mauchly mccarthy mckusick minsky moore naur newell noyce nygaard
  pascal patterson perlis perlman pike postel rabin randell reynolds ritchie rivest saltzer sammet scott shamir shannon shockley sifakis
  snyder spaerck stearns steele stonebraker sutherland tarjan taylor thacker thompson torres turing ullman vaughan wilkes wilkinson
  wirth yao zuse`.split(/\s+/);

/** A name for a container that was given none, as `steady_hopper`; a repeated try adds a digit. */
export function randomName(attempt: number): string {
  const pick = (words: readonly string[]): string => words[randomInt(words.length)] ?? '';
  return `${pick(adjectives)}_${pick(surnames)}${attempt === 0 ? '' : randomInt(10)}`;
}
