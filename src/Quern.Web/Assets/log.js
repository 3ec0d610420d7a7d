// Shows a job's log and follows it while the job runs. Text goes in as text, never as markup.
const log = document.getElementById("log");
const state = document.getElementById("log-state");
const maxLines = 5000;

function add(lines) {
  const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 40;
  const piece = document.createDocumentFragment();
  for (const line of lines) {
    const row = document.createElement("span");
    if (line.stream !== "stdout") row.className = line.stream;
    row.id = `L${line.number}`;
    row.textContent = line.text || " ";
    piece.append(row);
  }
  log.append(piece);
  while (log.childElementCount > maxLines) log.firstElementChild.remove();
  if (atEnd) log.scrollTop = log.scrollHeight;
}

const source = new EventSource(`/api/v1/jobs/${log.dataset.job}/log/follow?from=${log.dataset.from}`);
source.addEventListener("lines", e => add(JSON.parse(e.data).lines));
source.addEventListener("end", () => {
  source.close();
  state.textContent = "";
  if (log.dataset.finished === "no") location.reload();
});
source.onopen = () => { if (log.dataset.finished === "no") state.textContent = "live"; };
source.onerror = () => { state.textContent = "connection lost, trying again"; };
