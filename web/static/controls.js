// Builds what the panel on the right is made of.

const sliders = document.getElementById("sliders");

export function makeButton(title, action) {
  const button = document.createElement("button");
  button.textContent = title;
  button.addEventListener("click", action);
  return button;
}

export function addTitle(text) {
  const title = document.createElement("h2");
  title.textContent = text;
  sliders.append(title);
}

export function addNote(text) {
  const note = document.createElement("p");
  note.className = "caption";
  note.textContent = text;
  sliders.append(note);
}

export function addSlider(label, low, high, value, name, action) {
  const row = document.createElement("label");
  row.className = "slider";
  const text = document.createElement("span");
  const number = document.createElement("output");
  const input = Object.assign(document.createElement("input"), {
    type: "range",
    min: low,
    max: high,
    step: 0.01,
    value,
    name,
  });
  const write = () => {
    number.textContent = Number(input.value).toFixed(2);
  };
  text.textContent = label;
  write();
  input.addEventListener("input", () => {
    write();
    action(Number(input.value));
  });
  // A double click puts a slider back to its middle or its rest.
  input.addEventListener("dblclick", () => {
    input.value = 0;
    write();
    action(0);
  });
  row.append(text, number, input);
  sliders.append(row);
}

export function addSwitch(label, on, action) {
  const row = document.createElement("label");
  row.className = "switch";
  const input = Object.assign(document.createElement("input"), { type: "checkbox", checked: on });
  input.addEventListener("change", () => action(input.checked));
  row.append(input, label);
  sliders.append(row);
}
