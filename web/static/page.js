// The page: its state, and what buttons and sliders do to it.
import { PRESETS, sliderGroups } from "./expressions.js";
import { readHere } from "./local.js";
import { newestOnly, request, sendJson } from "./server.js";
import { Viewer } from "./viewer.js";

const SHAPE_SLIDERS = 10;
const COLOR_SLIDERS = 8;
const LIGHT = { side: -0.5, height: 0.5, fill: 1, brightness: 1 };

const $ = (id) => document.getElementById(id);
const viewer = new Viewer($("stage"));
const state = { person: null, own: null, strengths: {}, light: { ...LIGHT }, name: "face", apart: false, tab: "Expression" };
let names = [];

const redraw = newestOnly(async ({ slowly, ...person }) => {
  const response = await sendJson("surface", person);
  viewer.show(await response.arrayBuffer(), slowly);
});

const TABS = { Expression: showExpressions, Shape: showShape, Color: showColor, Light: showLight };

function showTab(tab) {
  state.tab = tab;
  $("tabs").replaceChildren(...Object.keys(TABS).map((title) => {
    const button = makeButton(title, () => showTab(title));
    button.setAttribute("aria-selected", title === tab);
    button.setAttribute("role", "tab");
    return button;
  }));
  $("presets").replaceChildren();
  $("sliders").replaceChildren();
  TABS[tab]();
}

function showExpressions() {
  if (!names.length) return addNote("This face model has no expressions with names.");
  $("presets").replaceChildren(...Object.keys(PRESETS).map((title) => makeButton(title, () => {
    stopPerforming();
    setStrengths({ ...PRESETS[title] });
    showTab("Expression");
  })));
  for (const [title, rows] of sliderGroups(names, state.apart)) {
    addTitle(title);
    for (const row of rows) {
      addSlider(row.label, 0, 1, state.strengths[row.names[0]] ?? 0, row.names.join(" "), (value) => {
        stopPerforming();
        const change = Object.fromEntries(row.names.map((name) => [name, value]));
        setStrengths({ ...state.strengths, ...change });
      });
    }
  }
  addSwitch("Left and right apart", state.apart, (on) => { state.apart = on; showTab("Expression"); });
}

function showCoefficients(part, count, title, label) {
  $("presets").replaceChildren(
    makeButton("As photographed", () => { state.person[part] = [...state.own[part]]; redraw({ ...state.person }); showTab(state.tab); }),
    makeButton("Average", () => { state.person[part] = state.own[part].map(() => 0); redraw({ ...state.person }); showTab(state.tab); }),
    makeButton("Random", () => { state.person[part] = state.own[part].map(normal); redraw({ ...state.person, slowly: true }); showTab(state.tab); }),
    makeButton("Caricature", () => { state.person[part] = state.own[part].map((value) => 1.6 * value); redraw({ ...state.person, slowly: true }); showTab(state.tab); }),
  );
  addTitle(title);
  for (let k = 0; k < Math.min(count, state.person[part].length); k++) {
    addSlider(`${label} ${k + 1}`, -3, 3, state.person[part][k], `${part} ${k}`, (value) => {
      state.person[part][k] = value;
      redraw({ ...state.person });
    });
  }
}

function showShape() {
  showCoefficients("shape", SHAPE_SLIDERS, "In standard deviations", "Shape");
}

function showColor() {
  showCoefficients("texture", COLOR_SLIDERS, "In standard deviations", "Color");
}

function showLight() {
  const change = (key) => (value) => { state.light[key] = value; viewer.setLight(state.light); };
  $("presets").replaceChildren(...Object.entries({
    Portrait: LIGHT,
    "From the left": { side: -1.25, height: 0.2, fill: 0.35, brightness: 1.05 },
    "From the right": { side: 1.25, height: 0.2, fill: 0.35, brightness: 1.05 },
    Flat: { side: 0, height: 0.15, fill: 1.3, brightness: 0.9 },
    Drama: { side: -1.1, height: 0.75, fill: 0.06, brightness: 1.25 },
  }).map(([title, light]) => makeButton(title, () => {
    state.light = { ...light };
    viewer.setLight(state.light);
    showTab("Light");
  })));
  addTitle("Key light");
  addSlider("Side", -1.5, 1.5, state.light.side, "side", change("side"));
  addSlider("Height", -0.5, 1.3, state.light.height, "height", change("height"));
  addSlider("Brightness", 0.3, 1.7, state.light.brightness, "brightness", change("brightness"));
  addTitle("Around it");
  addSlider("Fill", 0, 1.5, state.light.fill, "fill", change("fill"));
}

function setStrengths(strengths) {
  state.strengths = strengths;
  viewer.setStrengths(strengths);
}

function makeButton(title, action) {
  const button = document.createElement("button");
  button.textContent = title;
  button.addEventListener("click", action);
  return button;
}

function addTitle(text) {
  const title = document.createElement("h2");
  title.textContent = text;
  $("sliders").append(title);
}

function addNote(text) {
  const note = document.createElement("p");
  note.className = "caption";
  note.textContent = text;
  $("sliders").append(note);
}

function addSlider(label, low, high, value, name, action) {
  const row = document.createElement("label");
  row.className = "slider";
  const text = document.createElement("span");
  const number = document.createElement("output");
  const input = Object.assign(document.createElement("input"), { type: "range", min: low, max: high, step: 0.01, value, name });
  const write = () => { number.textContent = Number(input.value).toFixed(2); };
  text.textContent = label;
  write();
  input.addEventListener("input", () => { write(); action(Number(input.value)); });
  // A double click puts a slider back to its middle or its rest.
  input.addEventListener("dblclick", () => { input.value = 0; write(); action(0); });
  row.append(text, number, input);
  $("sliders").append(row);
}

function addSwitch(label, on, action) {
  const row = document.createElement("label");
  row.className = "switch";
  const input = Object.assign(document.createElement("input"), { type: "checkbox", checked: on });
  input.addEventListener("change", () => action(input.checked));
  row.append(input, label);
  $("sliders").append(row);
}

function say(text, bad = false) {
  $("message").textContent = text;
  $("message").classList.toggle("bad", bad);
}

async function useSample(name) {
  const response = await fetch(`samples/${name}`);
  await usePhotograph(await response.blob(), name);
}

async function usePhotograph(file, name) {
  $("drop").classList.add("busy");
  say("Looking at the photograph …");
  viewer.resting = true;
  try {
    const start = performance.now();
    const face = state.here ? await readHere(file, state.crop) : await (await request("face", file, "application/octet-stream")).json();
    viewer.resting = false;
    if (!face) return say("");
    const { shape, texture, portrait, note } = face;
    state.own = { shape, texture };
    state.person = { shape: [...shape], texture: [...texture] };
    state.name = (name ?? "face").replace(/\.[^.]*$/, "") || "face";
    $("portrait").src = portrait;
    $("portrait").hidden = false;
    $("invitation").hidden = true;
    $("drop").classList.add("filled");
    await redraw({ ...state.person, slowly: true });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    say(note ? `${note[0].toUpperCase()}${note.slice(1)}.` : `This face took ${seconds} s.`);
    showTab(state.tab);
  } catch (error) {
    say(error.message, true);
  } finally {
    viewer.resting = false;
    $("drop").classList.remove("busy");
  }
}

function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

async function download() {
  try {
    const response = await sendJson("face.glb", { ...state.person, expressions: state.strengths });
    save(await response.blob(), `${state.name}.glb`);
  } catch (error) {
    say(error.message, true);
  }
}

// From one expression to the next, for as long as nobody stops it.
let performing = false;
function perform(now) {
  if (!performing) return;
  const order = ["Smile", "Neutral", "Surprise", "Laugh", "Angry", "Kiss", "Wink", "Neutral"];
  const step = (now / 1.6) % order.length;
  const [from, to] = [order[Math.floor(step)], order[(Math.floor(step) + 1) % order.length]].map((title) => PRESETS[title]);
  const t = Math.min((step % 1) / 0.4, 1);
  const eased = t * t * (3 - 2 * t);
  const strengths = {};
  for (const name of new Set([...Object.keys(from), ...Object.keys(to)])) {
    strengths[name] = (1 - eased) * (from[name] ?? 0) + eased * (to[name] ?? 0);
  }
  setStrengths(strengths);
}

function stopPerforming() {
  if (performing) $("perform").click();
}

function toggle(id, action) {
  $(id).addEventListener("click", () => {
    const on = $(id).getAttribute("aria-pressed") !== "true";
    $(id).setAttribute("aria-pressed", on);
    action(on);
  });
}

function listenToFiles() {
  $("chooser").addEventListener("change", ({ target }) => {
    if (target.files[0]) usePhotograph(target.files[0], target.files[0].name);
    target.value = "";
  });
  $("drop").addEventListener("keydown", ({ key }) => { if (key === "Enter" || key === " ") $("chooser").click(); });
  addEventListener("dragover", (event) => { event.preventDefault(); $("veil").hidden = false; });
  addEventListener("dragleave", (event) => { if (!event.relatedTarget) $("veil").hidden = true; });
  addEventListener("drop", (event) => {
    event.preventDefault();
    $("veil").hidden = true;
    const file = event.dataTransfer.files[0];
    if (file) usePhotograph(file, file.name);
  });
  addEventListener("paste", ({ clipboardData }) => {
    const file = [...clipboardData.files].find(({ type }) => type.startsWith("image/"));
    if (file) usePhotograph(file, file.name);
  });
}

function listenToButtons() {
  toggle("sway", (on) => { viewer.swaying = on; });
  toggle("blink", (on) => { viewer.blinking = on; });
  toggle("perform", (on) => { performing = on; if (!on) { setStrengths({}); showTab(state.tab); } });
  $("reset").addEventListener("click", () => {
    stopPerforming();
    setStrengths({});
    state.person = { shape: [...state.own.shape], texture: [...state.own.texture] };
    state.light = { ...LIGHT };
    viewer.setLight(state.light);
    viewer.look();
    redraw({ ...state.person, slowly: true });
    showTab(state.tab);
  });
  $("download").addEventListener("click", download);
  $("picture").addEventListener("click", async () => save(await viewer.picture(), `${state.name}.png`));
  viewer.onFrame = perform;
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

async function start() {
  listenToFiles();
  const { shape, texture, samples, crop, local } = await (await fetch("start")).json();
  state.crop = crop;
  $("here").hidden = !local;
  $("here").firstChild.addEventListener("change", ({ target }) => { state.here = target.checked; });
  state.own = { shape: Array(shape).fill(0), texture: Array(texture).fill(0) };
  state.person = { shape: [...state.own.shape], texture: [...state.own.texture] };
  for (const name of samples) {
    const button = makeButton("", () => useSample(name));
    const image = Object.assign(document.createElement("img"), { src: `samples/${name}`, alt: "A sample photograph" });
    button.append(image);
    $("samples").append(button);
  }
  names = await viewer.load("base.glb");
  viewer.setLight(state.light);
  if (matchMedia("(prefers-reduced-motion: reduce)").matches) ["sway", "blink"].forEach((id) => $(id).click());
  listenToButtons();
  $("perform").disabled = !names.length;
  showTab("Expression");
  document.body.dataset.ready = "true";
}

// For tests and for the console.
window.studio = { viewer, state };
start().catch((error) => say(error.message, true));
