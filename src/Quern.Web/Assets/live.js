// Draws the page again when the farm says that something changed, at most once a second.
let waiting = false;

async function redraw() {
  waiting = false;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok) return location.reload();
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.getElementById("main").replaceWith(fresh.getElementById("main"));
}

function changed() {
  if (waiting) return;
  waiting = true;
  setTimeout(redraw, 1000);
}

const events = new EventSource("/api/v1/events?after=newest&kind=job.*,worker.*,artifact.*&as=message");
events.onmessage = changed;
