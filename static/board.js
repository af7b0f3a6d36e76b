// The month sheet. One listener per kind of event for the whole grid; a cell's address is its row's id and its place in the row.
// Every change is shown at once, sent, and then drawn again by the server: nothing stays true only on the screen.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const grid = $("grid");

  // The detail sheet: another code brings its own times, unless somebody typed others.
  document.addEventListener("change", (e) => {
    const picked = e.target, form = picked.form;
    if (picked.name !== "code" || !form?.elements.shown) return;
    const { start, end, shown } = form.elements, rest = form.elements.break;
    const old = form.querySelector(`[name=code][value="${CSS.escape(shown.value)}"]`)?.dataset;
    const typed = start.value || end.value || rest.value;
    if (typed && !(old && start.value === old.start && end.value === old.end && rest.value === old.break)) return;
    [start.value, end.value, rest.value, shown.value] = [picked.dataset.start, picked.dataset.end, picked.dataset.break, picked.value];
  });
  if (!grid) return;

  const sc = $("sc"), head = grid.querySelector(".hd"), palette = $("palette");
  const path = grid.dataset.path, editable = !!grid.dataset.edit, look = !!grid.dataset.look;
  const words = JSON.parse($("roster").dataset.words);
  const word = (key, a = "", b = "", c = "") => words[key].replace("{a}", a).replace("{b}", b).replace("{c}", c);
  const say = (...args) => wakakusa.say(word(...args));
  const warn = (...args) => wakakusa.toast({ kind: "warn", msg: word(...args) });

  /* Cells */

  const lastCol = head.children.length - 4;
  const isRow = (row) => !!row?.id?.startsWith("s-");
  const column = (cell) => Array.prototype.indexOf.call(cell.parentElement.children, cell);
  const staffOf = (cell) => cell.parentElement.id.slice(2);
  const dayOf = (cell) => head.children[column(cell)].dataset.d;
  const address = (cell) => staffOf(cell) + " " + dayOf(cell);
  const whoOf = (cell) => cell.parentElement.querySelector(".n b").textContent;
  const whenOf = (cell) => head.children[column(cell)].getAttribute("aria-label");
  const nameOf = (cell) => (cell.getAttribute("aria-label") || "").split(/[,、 ]/)[0];
  const full = (cell) => /(^| )(k-|two)/.test(cell.className) && !cell.classList.contains("away");
  const past = (cell) => cell.classList.contains("x");
  const locked = (cell) => cell.classList.contains("ml");
  const cellAt = (staff, day) => {
    const col = [...head.children].findIndex((h) => h.dataset.d === day);
    return col > 0 ? $("s-" + staff)?.children[col] : null;
  };

  function cellOf(el) {
    for (; el && el !== grid; el = el.parentElement) {
      if (isRow(el.parentElement)) return el.classList.contains("z") || el.classList.contains("n") ? null : el;
    }
    return null;
  }

  // mayEdit says why not when a cell may not change.
  function mayEdit(cell) {
    if (past(cell)) warn("past");
    else if (locked(cell)) warn("locked");
    else return true;
    return false;
  }

  /* What a cell looks like */

  const marks = /(^| )(m|mw|mh|mc|ml|mn|mo|ak|x|busy|from|held)(?= |$)/g;
  const lookOf = (cell) => ({ cls: cell.className, html: cell.innerHTML, label: cell.getAttribute("aria-label") });
  const empty = { cls: "", html: "", label: null };

  function wear(cell, look) {
    cell.className = look.cls;
    cell.innerHTML = look.html;
    if (look.label === null) cell.removeAttribute("aria-label");
    else cell.setAttribute("aria-label", look.label);
  }

  // worn is how a look is carried to another cell: without the marks that belong to the place.
  const worn = (look) => ({ ...look, cls: look.cls.replace(marks, "").trim() + " busy" });

  function paint(task) {
    task.was = [];
    for (const [cell, next] of task.draw?.() || []) {
      task.was.push([cell, lookOf(cell)]);
      wear(cell, worn(next));
    }
  }

  function unpaint(task) {
    for (const [cell, was] of (task.was || []).reverse()) wear(cell, was);
    task.was = [];
  }

  /* Outbox: one request under way; edits made meanwhile go together in the next. */

  let rev = +grid.dataset.rev, queue = [], flight = [], forms = 0, alone = 0;
  const key = () => crypto.randomUUID ? crypto.randomUUID() : Date.now().toString(36) + Math.random().toString(36).slice(2);

  function put(task) {
    paint(task);
    queue.push(task);
    soon(pump);
  }

  // After the frame that shows the change, so that nothing delays it.
  function soon(f) {
    let done = false;
    const once = () => { if (!done) { done = true; f(); } };
    requestAnimationFrame(() => setTimeout(once));
    setTimeout(once, 80);
  }

  function takeBatch() {
    let n = queue.findIndex((t) => !t.ops);
    if (n < 0) n = queue.length;
    if (n > 0 && alone > 0) { alone--; n = 1; }
    return queue.splice(0, Math.max(n, 1));
  }

  async function pump() {
    if (flight.length || forms || !queue.length) return;
    flight = takeBatch();
    const [first] = flight;
    try {
      if (first.news) await fetchNews(first);
      else await sendEdits(flight);
    } catch {
      fail();
    }
    flight = [];
    if (queue.length) pump();
  }

  let missed = []; // parts that were told and could not be fetched yet
  async function fetchNews(task) {
    if (task.rev <= rev) return; // our own, or already drawn
    missed = [...new Set([...missed, ...task.news])];
    const answer = await ask("/regions?names=" + encodeURIComponent(missed.join(",")), {}).catch(() => null);
    if (!answer || answer.status === 429 || answer.status >= 500) {
      setTimeout(() => { queue.push(task); pump(); }, 5000);
      return;
    }
    if (!answer.ok) return;
    missed = [];
    show(await answer.text());
    rev = Math.max(rev, task.rev);
  }

  async function sendEdits(batch) {
    const [first] = batch, body = new URLSearchParams({ base: Math.min(...batch.map((t) => t.base)), key: key() });
    if (first.ops) body.set("ops", batch.map((t) => t.ops).join(";"));
    const answer = await patiently(() => again(() => ask(first.ops ? "/edits" : "/undos", { method: "POST", body })));
    const refused = answer.status === 422 || answer.status === 409;
    if (refused && batch.length > 1) { // find out which of them it was
      queue.unshift(...batch);
      alone = batch.length;
      return;
    }
    if (answer.ok || refused) show(await answer.text());
    heed(answer);
    if (!answer.ok && !refused) fail(answer);
  }

  const ask = (rest, init) => fetch(path + rest, { ...init, headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(15000) });

  // What got no answer, or that the program or its database is away, is asked for again under the same key: a server is being replaced, a
  // database has changed hands. Nothing is done twice.
  async function again(send) {
    for (const wait of [600, 1500, 3000]) {
      try {
        const answer = await send();
        if (answer.status < 502) return answer;
      } catch (e) {
        if (!navigator.onLine || e.name === "TimeoutError") throw e;
      }
      await new Promise((r) => setTimeout(r, wait));
    }
    return send();
  }

  // Too much at once: it is sent again when there is room, and stays shown as under way meanwhile.
  async function patiently(send) {
    for (;;) {
      const answer = await send();
      const wait = +answer.headers.get("Retry-After");
      if (answer.status !== 429 || !wait) return answer;
      await new Promise((r) => setTimeout(r, wait * 1000));
    }
  }

  // heed does what the answer's header says.
  function heed(answer) {
    const to = answer.headers.get("HX-Redirect");
    if (to) { location.href = to; return; }
    const told = JSON.parse(answer.headers.get("HX-Trigger") || "{}");
    if (told.toast) wakakusa.toast(told.toast);
    if (told.rev) rev = Math.max(rev, told.rev.rev);
  }

  function fail(answer) {
    for (const t of [...queue].reverse()) unpaint(t);
    for (const t of [...flight].reverse()) unpaint(t);
    queue = queue.filter((t) => t.news);
    if (!answer?.headers.get("HX-Trigger") && !answer?.headers.get("HX-Redirect")) wakakusa.toast({ kind: "error", msg: word("lost") });
  }

  // show replaces parts by the server's. What is only shown in advance is taken back before and shown again on top afterwards.
  function show(html) {
    before();
    flight = flight.filter((t) => t.news);
    htmx.swap({ text: html, target: grid, sourceElement: grid, swap: "none" });
    after();
    if (newRow(html)) reload();
  }

  // newRow reports that somebody came to the sheet; where the row belongs only a new page knows.
  const newRow = (html) => [...html.matchAll(/hx-target="#s-([^" ]+)" hx-swap="outerMorph"/g)].some(([, id]) => !$("s-" + id));

  function before() {
    for (const t of [...queue].reverse()) unpaint(t);
    for (const t of [...flight].reverse()) unpaint(t);
  }

  function after() {
    for (const t of flight) paint(t);
    for (const t of queue) paint(t);
    if (drag) drag.cell.classList.add("from");
    if (carried) carried.cell.classList.add("held");
    if (here && !here.isConnected) rove(firstCell());
    count();
  }

  function count() {
    const badge = $("alerts");
    if (!badge) return;
    let n = grid.querySelectorAll(".ft .r:not(.fs) > .lo").length;
    for (const row of grid.querySelectorAll(".r[data-b]")) n += +row.dataset.b;
    badge.textContent = n;
    $("breaches").classList.toggle("none", n === 0);
  }

  /* Edits */

  const edit = (ops, draw, base = rev) => put({ ops, draw, base });

  function move(from, to, copy, base) {
    if (from === to || !mayEdit(to) || (!copy && !mayEdit(from))) return;
    const swaps = full(to) && !copy;
    say(copy ? "copied" : swaps ? "swapped" : "moved", nameOf(from), whoOf(to), whenOf(to));
    edit((copy ? "copy " : "move ") + address(from) + " " + address(to), () => {
      const a = lookOf(from), b = full(to) ? lookOf(to) : empty;
      return copy ? [[to, a]] : [[from, b], [to, a]];
    }, base);
  }

  function clear(cell) {
    if (!full(cell)) { say("nothing"); return; }
    if (!mayEdit(cell)) return;
    say("cleared", "", whoOf(cell), whenOf(cell));
    edit("clear " + address(cell), () => [[cell, empty]]);
  }

  function set(cell, tool, quiet) {
    if (!mayEdit(cell)) return;
    if (!quiet) say("set", tool.dataset.label, whoOf(cell), whenOf(cell));
    const next = { cls: tool.dataset.chip, html: "", label: tool.dataset.label };
    edit("set " + address(cell) + " " + tool.dataset.code, () => {
      const b = document.createElement("b");
      b.textContent = tool.dataset.symbol;
      return [[cell, { ...next, html: b.innerHTML }]];
    });
  }

  const undo = () => { if (editable) put({ base: rev }); };

  function openCell(cell) {
    if (!look || past(cell)) return;
    htmx.ajax("GET", `${path}/cells/${staffOf(cell)}/${dayOf(cell)}`, { source: "#sheet-body", target: "#sheet-body", swap: "innerHTML" });
  }

  /* Palette: one tool is pressed; "select" means none. */

  let brush = null;
  function choose(tool) {
    for (const b of palette.querySelectorAll("[aria-pressed]")) b.setAttribute("aria-pressed", b === tool);
    brush = tool.dataset.tool === "select" ? null : tool;
    tool.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  const select = () => { if (brush) choose(palette.querySelector("[data-tool=select]")); };
  palette?.addEventListener("click", (e) => {
    const tool = e.target.closest("[aria-pressed]");
    if (!tool) return;
    if (tool === brush) select();
    else choose(tool);
  });
  palette?.addEventListener("keydown", (e) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    const all = [...palette.querySelectorAll("button")], i = all.indexOf(document.activeElement);
    all[i + step]?.focus();
  });

  function brushOn(cell, quiet) {
    if (brush.dataset.tool === "erase") { if (full(cell)) clear(cell); }
    else set(cell, brush, quiet);
  }

  /* Pointers: a mouse drags after 4 px, a finger after a long press; anything earlier is scrolling. */

  const LONG = 280, JITTER = 10, SLACK = 4, EDGE = 14; // a cell at the edge has its middle outside EDGE, so work on it does not scroll
  let press = null, drag = null, fill = null, moved = false;

  sc.addEventListener("pointerdown", (e) => {
    moved = false;
    const cell = cellOf(e.target);
    if (!editable || !cell || !e.isPrimary || e.button !== 0) return;
    press = { cell, x: e.clientX, y: e.clientY, base: rev, id: e.pointerId, touch: e.pointerType !== "mouse" };
    if (press.touch) press.timer = setTimeout(() => begin(press.x, press.y), LONG);
  });

  sc.addEventListener("pointermove", (e) => {
    if (drag || fill) { follow(e); return; }
    if (!press || e.pointerId !== press.id) return;
    const far = Math.hypot(e.clientX - press.x, e.clientY - press.y);
    if (press.touch) { if (far > JITTER) release(); }
    else if (far > SLACK) begin(e.clientX, e.clientY, e);
  });

  addEventListener("pointerup", (e) => {
    const state = drag || fill;
    if (state) follow(e);
    if (state?.stale) reach(state);
    if (drag) drop(e);
    release();
  });
  addEventListener("pointercancel", () => { abort(); release(); });

  // The one listener that may stop scrolling; there from the start, because one added during a touch comes too late.
  sc.addEventListener("touchmove", (e) => { if ((drag || fill) && e.cancelable) e.preventDefault(); }, { passive: false });
  sc.addEventListener("contextmenu", (e) => { if (press?.touch || drag) e.preventDefault(); });
  sc.addEventListener("dragstart", (e) => e.preventDefault());

  function release() {
    clearTimeout(press?.timer);
    press = fill = null;
  }

  function begin(x, y, e) {
    const { cell } = press;
    if (brush) {
      fill = { row: cell.parentElement, from: column(cell), done: new Set(), room: roomOf() };
    } else {
      if (!full(cell)) return;
      if (!mayEdit(cell)) { release(); return; }
      drag = { cell, base: press.base, touch: press.touch, over: null, room: roomOf() };
      cell.classList.add("from");
      lift(cell);
      say("picked", nameOf(cell));
    }
    moved = true;
    if (press.touch) navigator.vibrate?.(10);
    else sc.setPointerCapture(press.id);
    follow(e || { clientX: x, clientY: y });
    requestAnimationFrame(frame);
  }

  // What is dragged hangs from the pointer, and a cross lies over the row and the column it has come to. They are moved, never drawn anew,
  // and wait outside the window, so that a slow phone keeps up.
  const ghost = document.createElement("div"), cross = [1, 2, 3].map(() => document.createElement("i"));
  const place = (el, x, y) => { el.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`; };
  const away = (el) => { el.style.transform = "translate(-200vw)"; };
  if (editable) {
    ghost.className = "ghost";
    for (const line of cross) line.className = "cross";
    for (const el of [...cross, ghost]) { away(el); document.body.append(el); }
  }

  function lift(cell) {
    ghost.className = "ghost " + cell.className.replace(marks, "");
    ghost.innerHTML = cell.innerHTML;
  }

  // follow only notes where the pointer is; the next frame does the rest, once.
  function follow(e) {
    const state = drag || fill;
    state.stale ||= state.x !== e.clientX || state.y !== e.clientY;
    [state.x, state.y] = [e.clientX, e.clientY];
    if (drag && "ctrlKey" in e) ghost.classList.toggle("plus", copies(e));
  }

  function frame() {
    const state = drag || fill;
    if (!state) return;
    if (creep(state) || state.stale) reach(state);
    requestAnimationFrame(frame);
  }

  // reach is what the pointer has come to.
  function reach(state) {
    state.stale = false;
    const cell = under(state);
    if (!drag) { fillTo(cell); return; }
    light(cell);
    place(ghost, drag.x - 20, drag.y - (drag.touch ? 62 : 19));
  }

  const copies = (e) => e.ctrlKey || e.metaKey || e.altKey;

  // roomOf is the scroller and the part of it that its sticky head, names and counts leave free.
  function roomOf() {
    const all = sc.getBoundingClientRect(), foot = grid.querySelector(".ft");
    return {
      all, left: all.left + head.firstElementChild.offsetWidth + 1, top: all.top + head.offsetHeight + 1,
      right: all.left + sc.clientWidth - 1, bottom: all.top + sc.clientHeight - (foot?.offsetHeight || 0) - 1,
    };
  }

  function under({ x, y, room }) {
    if (x < room.all.left || x > room.all.right || y < room.all.top || y > room.all.bottom) return null;
    const px = Math.min(Math.max(x, room.left), room.right), py = Math.min(Math.max(y, room.top), room.bottom);
    return cellOf(document.elementFromPoint(px, py));
  }

  function light(cell) {
    drag.over = cell && !past(cell) ? cell : null;
    if (!drag.over) { cross.forEach(away); return; }
    const all = drag.room.all, row = cell.parentElement.getBoundingClientRect(), col = head.children[column(cell)].getBoundingClientRect();
    [[all.left, row.top, Math.min(all.right, row.right) - all.left, row.height], [col.left, all.top, col.width, all.height], [col.left, row.top, col.width, row.height]].forEach(([x, y, width, height], i) => {
      Object.assign(cross[i].style, { width: width + "px", height: height + "px" });
      place(cross[i], x, y);
    });
  }

  function fillTo(cell) {
    if (!cell || past(cell)) return;
    const to = column(cell), [a, b] = fill.from < to ? [fill.from, to] : [to, fill.from];
    for (let i = a; i <= b; i++) {
      const one = fill.row.children[i];
      if (fill.done.has(one) || past(one) || locked(one)) continue;
      fill.done.add(one);
      brushOn(one, true);
    }
  }

  // creep scrolls while the pointer is near an edge, and reports whether it did.
  function creep({ x, y, room }) {
    const near = (at, low, high) => Math.max(-EDGE, Math.min(EDGE, at < low + EDGE ? at - low - EDGE : at > high - EDGE ? at - high + EDGE : 0));
    const dx = near(x, room.left, room.right), dy = drag ? near(y, room.top, room.bottom) : 0;
    if (dx || dy) sc.scrollBy(dx, dy);
    return !!(dx || dy);
  }

  function drop(e) {
    const { cell, over, base } = drag;
    abort(true);
    if (over && over !== cell) {
      move(cell, over, copies(e), base);
      focusOn(over);
    } else {
      focusOn(cell);
    }
  }

  function abort(done) {
    if (!drag) return;
    for (const el of [ghost, ...cross]) away(el);
    drag.cell.classList.remove("from");
    drag = null;
    if (!done) say("cancelled");
  }

  sc.addEventListener("click", (e) => {
    const toggle = e.target.closest("[data-foot]");
    if (toggle) {
      const folded = toggle.getAttribute("aria-expanded") === "true";
      foldFoot(folded);
      localStorage.setItem("foot", folded ? "0" : "1");
      return;
    }
    const cell = cellOf(e.target);
    if (!cell || moved) return;
    if (!editable || !brush) openCell(cell);
    else if (mayEdit(cell)) brushOn(cell);
    focusOn(cell);
  });

  /* Keyboard: one cell is in the tab order. */

  let here = null, carried = null;
  function rove(cell) {
    if (here && here !== cell) here.tabIndex = -1;
    here = cell;
    cell.tabIndex = 0;
  }
  function focusOn(cell) {
    rove(cell);
    cell.focus();
  }

  function rowBy(row, n) {
    const step = n < 0 ? "previousElementSibling" : "nextElementSibling";
    for (let next = row[step], left = Math.abs(n); next && left > 0; next = next[step]) {
      if (isRow(next)) { row = next; left--; }
    }
    return row;
  }

  const firstCol = [...head.children].findIndex((h) => h.dataset.d && !h.classList.contains("x"));
  const firstCell = () => grid.querySelector(".r[id^=s-]")?.children[column(head.querySelector(".now:not(.x)") || head.children[firstCol])];
  function goal(cell, e) {
    const row = cell.parentElement, col = column(cell), to = (c) => row.children[Math.max(1, Math.min(lastCol, c))];
    switch (e.key) {
      case "ArrowLeft": return to(col - 1);
      case "ArrowRight": return to(col + 1);
      case "ArrowUp": return rowBy(row, -1).children[col];
      case "ArrowDown": return rowBy(row, 1).children[col];
      case "PageUp": return rowBy(row, -10).children[col];
      case "PageDown": return rowBy(row, 10).children[col];
      case "Home": return (e.ctrlKey ? rowBy(row, -9999) : row).children[firstCol];
      case "End": return (e.ctrlKey ? rowBy(row, 9999) : row).children[lastCol];
    }
    return null;
  }

  grid.addEventListener("focusin", (e) => { const cell = cellOf(e.target); if (cell) rove(cell); });
  grid.addEventListener("keydown", (e) => {
    const cell = cellOf(e.target);
    if (!cell || e.isComposing) return;
    const next = goal(cell, e);
    if (next) {
      e.preventDefault();
      focusOn(next);
    } else if (keyOn(cell, e)) {
      e.preventDefault();
    }
  });

  // keyOn is a key on a cell; it reports whether it meant something.
  function keyOn(cell, e) {
    if (carried) {
      if (e.key === " " || e.key === "Enter") return putDown(cell, copies(e));
      if (e.key === "Escape") { letGo(); say("cancelled"); return true; }
      return false;
    }
    if (e.key === "Enter") { openCell(cell); return true; }
    if (!editable || e.ctrlKey || e.metaKey || e.altKey) return false;
    if (e.key === " ") return pickUp(cell);
    if (e.key === "Delete" || e.key === "Backspace") { clear(cell); return true; }
    const tool = e.key.length === 1 && palette.querySelector(`[data-key="${CSS.escape(e.key.normalize("NFKC").toLowerCase())}"]`);
    if (tool) set(cell, tool);
    return !!tool;
  }

  function pickUp(cell) {
    if (!full(cell)) say("nothing");
    else if (mayEdit(cell)) {
      carried = { cell, base: rev };
      cell.classList.add("held");
      say("picked", nameOf(cell));
    }
    return true;
  }

  function letGo() {
    carried?.cell.classList.remove("held");
    carried = null;
  }

  function putDown(to, copy) {
    const { cell, base } = carried;
    letGo();
    move(cell, to, copy, base);
    return true;
  }

  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape") {
      if (drag) { abort(); release(); }
      else if (!$("sheet").open) select();
    }
    const typing = e.target.closest?.("input, textarea, select, dialog");
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === "z" && !typing) {
      e.preventDefault();
      undo();
    }
    if (drag) ghost.classList.toggle("plus", copies(e));
  });
  document.addEventListener("keyup", (e) => { if (drag) ghost.classList.toggle("plus", copies(e)); });

  /* Around the grid */

  document.addEventListener("undo", undo);
  document.addEventListener("submit", (e) => {
    if (e.target.querySelector("#undo")) {
      e.preventDefault();
      undo();
    } else if (!fromSheet(e)) {
      deafen(); // the page is leaving; news of its own change must not call it back
    }
  });
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-goto]");
    if (!link || !$("sheet").open) return;
    e.preventDefault();
    wakakusa.closeSheet();
    const [staff, day] = link.dataset.goto.split(" ");
    const cell = staff ? cellAt(staff, day) : grid.querySelector(".r[id^=s-]")?.children[[...head.children].findIndex((h) => h.dataset.d === day)];
    if (!cell) return;
    cell.scrollIntoView({ block: staff ? "center" : "nearest", inline: "center" });
    focusOn(cell);
  });

  // The detail sheet's own requests: live news waits for their answer, so that one's own change is not fetched again.
  const fromSheet = (e) => $("sheet").contains(e.target);
  document.addEventListener("htmx:before:request", (e) => { if (fromSheet(e)) forms++; });
  const formDone = () => { forms = 0; soon(pump); };
  document.addEventListener("htmx:finally:request", formDone);
  document.addEventListener("htmx:error", formDone);
  document.addEventListener("rev", (e) => { rev = Math.max(rev, e.detail.rev); });
  document.addEventListener("htmx:before:swap", (e) => { if (e.target !== grid) before(); });
  document.addEventListener("htmx:after:swap", (e) => { if (e.target !== grid) after(); });

  function foldFoot(folded) {
    $("foot")?.setAttribute("aria-expanded", !folded);
  }

  /* Live: the stream names what changed; this page asks for what it shows. */

  let stream = null, greeting = 0, asking = 0;
  function listen() {
    if (stream || asking) return;
    stream = new EventSource(`${path}/events?rev=${rev}`);
    greeting = setTimeout(askInstead, 5000);
    stream.addEventListener("hello", () => clearTimeout(greeting));
    stream.addEventListener("change", (e) => hear(JSON.parse(e.data)));
    stream.addEventListener("error", () => {
      if (stream?.readyState !== EventSource.CLOSED) return; // it tries again by itself
      deafen();
      setTimeout(listen, 15000);
    });
  }
  function deafen() {
    clearTimeout(greeting);
    clearInterval(asking);
    stream?.close();
    stream = null;
    asking = 0;
  }
  // Something on the way holds streams back: ask now and then, and after some minutes try a stream again.
  function askInstead() {
    deafen();
    let left = 60;
    asking = setInterval(() => {
      if (!left--) { deafen(); listen(); return; }
      ask(`/news?rev=${rev}`).then(async (r) => r.ok ? hear(await r.json()) : heed(r)).catch(() => {}); // asked again soon
    }, 5000);
  }
  function hear(news) {
    if (news.rev <= rev) return;
    if (news.reload) { reload(); return; }
    if (!news.regions) { rev = news.rev; return; }
    queue.push({ news: news.regions, rev: news.rev });
    pump();
  }

  // Settings, people or the roster's state changed: only a new page shows that. Not while somebody is in the middle of something.
  function reload() {
    if (drag || carried || flight.length || $("sheet").open) { setTimeout(reload, 1500); return; }
    location.reload();
  }
  addEventListener("pagehide", deafen);
  addEventListener("pageshow", listen);
  document.addEventListener("visibilitychange", () => { document.hidden ? deafen() : listen(); });

  /* Start */

  const kept = "sheet " + path;
  addEventListener("pagehide", () => sessionStorage.setItem(kept, sc.scrollLeft + " " + sc.scrollTop));

  function start() {
    foldFoot((localStorage.getItem("foot") || (matchMedia("(max-width: 45.99rem)").matches ? "0" : "1")) === "0");
    const first = head.querySelector(".now:not(.x)") || head.children[firstCol];
    const spot = sessionStorage.getItem(kept);
    if (spot) [sc.scrollLeft, sc.scrollTop] = spot.split(" ").map(Number);
    else sc.scrollLeft = first.offsetLeft - head.firstElementChild.offsetWidth;
    if (firstCell()) rove(firstCell());
    const said = $("said");
    if (said) {
      addEventListener("load", () => wakakusa.toast({ msg: said.textContent.trim() }));
      said.hidden = true;
      history.replaceState(history.state, "", location.pathname);
    }
    listen();
  }
  start();
})();
