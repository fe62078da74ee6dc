// Goes from one expression to the next, for as long as nobody stops it.
import { PRESETS } from "./expressions.js";
import { $, setStrengths, state } from "./studio.js";

const ORDER = ["Smile", "Neutral", "Surprise", "Laugh", "Angry", "Kiss", "Wink", "Neutral"];
// Each expression takes so long, the change to the next one this part of it.
const SECONDS = 1.6;
const CHANGE = 0.4;

export function perform(now) {
  if (!state.performing) return;
  const step = (now / SECONDS) % ORDER.length;
  const [from, to] = [0, 1].map((next) => PRESETS[ORDER[(Math.floor(step) + next) % ORDER.length]]);
  const t = Math.min((step % 1) / CHANGE, 1);
  const eased = t * t * (3 - 2 * t);
  const strengths = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    strengths[name] = (1 - eased) * (from[name] ?? 0) + eased * (to[name] ?? 0);
  }
  setStrengths(strengths);
}

export function stopPerforming() {
  state.performing = false;
  $("perform").setAttribute("aria-pressed", false);
}
