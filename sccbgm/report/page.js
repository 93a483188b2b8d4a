"use strict";
// Sort by a column, filter lines, and show the runs behind a number.
const runs = JSON.parse(document.getElementById("runs").textContent);

function value(row, column) {
  const cell = row.cells[column];
  return cell.dataset.value === undefined ? cell.textContent.trim() : Number(cell.dataset.value);
}

function compare(a, b) {
  const numbers = [typeof a === "number", typeof b === "number"];
  if (numbers[0] && numbers[1]) return a - b;
  if (numbers[0] !== numbers[1]) return numbers[0] ? -1 : 1; // what has no number stays last
  return String(a).localeCompare(String(b));
}

function sort(table, column) {
  const head = table.tHead.rows[0].cells;
  const up = head[column].getAttribute("aria-sort") !== "ascending";
  for (const cell of head) cell.removeAttribute("aria-sort");
  head[column].setAttribute("aria-sort", up ? "ascending" : "descending");
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => {
    const x = value(a, column), y = value(b, column);
    const order = compare(x, y);
    return up || typeof x !== typeof y ? order : -order;
  });
  table.tBodies[0].append(...rows);
}

function filter(sheet, words) {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  for (const row of sheet.querySelectorAll("tbody tr")) {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
  }
}

function element(name, text) {
  const made = document.createElement(name);
  if (text !== undefined) made.textContent = text;
  return made;
}

function facts(record) {
  const list = element("dl");
  for (const [name, text] of Object.entries(record)) {
    if (text === "" || text === null || text === undefined) continue;
    list.append(element("dt", name), element("dd", String(text)));
  }
  return list;
}

function show(button) {
  const dialog = document.getElementById("origin");
  const row = button.closest("tr");
  const column = button.closest("table").tHead.rows[0].cells[button.closest("td").cellIndex];
  document.getElementById("origin-title").textContent =
    `${row.cells[0].textContent.trim()}, ${column.textContent.trim()}: ${button.textContent}`;
  const place = document.getElementById("origin-runs");
  place.replaceChildren();
  for (const index of button.dataset.runs.split(" ")) {
    const record = Object.fromEntries(runs.columns.map((name, i) => [name, runs.rows[index][i]]));
    const job = { ...runs.jobs[record.shard] };
    job.hyperparameters = (job.hyperparameters || {})[record.variant];
    const details = element("details");
    const head = `${record.task}, seed ${record.seed}: ${record.value === null ? "missing" : record.value}`;
    details.append(element("summary", head), facts({ ...record, ...job }));
    place.append(details);
  }
  if (place.children.length === 1) place.firstChild.open = true;
  dialog.showModal();
}

for (const sheet of document.querySelectorAll(".sheet")) {
  const table = sheet.querySelector("table");
  for (const head of table.tHead.rows[0].cells) {
    head.querySelector("button").addEventListener("click", () => sort(table, head.cellIndex));
  }
  sheet.querySelector("input").addEventListener("input", (event) => filter(sheet, event.target.value));
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button.number");
  if (button) show(button);
});
