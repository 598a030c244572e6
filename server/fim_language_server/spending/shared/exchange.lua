#!lua name=fim_budget
-- One limit for many machines: the spending of all within a minute + all leases are no more than the limit.
--
-- fim_budget_exchange_1 takes a member's report and returns its lease; fim_budget_leave_1 gives the lease back.
-- KEYS[1] "{fim:…}:spent" (hash): `all`, the spending by seconds of the server's clock, and `of:ID`, a member's last report.
-- KEYS[2] "{fim:…}:members" (hash): ID -> lease of requests and tokens, its end, and when the member last asked.
-- KEYS[3] "{fim:…}:learned" (hash): what headers and refusals taught, with the time.
-- "{fim:…}:limits" (hash): `requests` and `tokens` a minute, set by whoever runs the server; it is only read.
-- Amounts are pairs {requests, tokens}. The rule of the grant is that of granting.py; a test compares them.

local MINUTE_S, ACTIVE_S, PACE_S, KEPT_S = 61, 10, 10, 600
local LEASE_S, IDLE_LEASE_S = 30, 150
local FEW, MOST_COURTESY, PACE, OTHERS_TO_ONE_KEPT = 4, 4, 1.25, 20
local LONGEST_CLOSED_S = 3600

local function clock()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1e6
end

local function unpacked(text)
  return text and cmsgpack.unpack(text) or nil
end

local function put(seconds, second, requests, tokens)
  local it = seconds[second]
  if it then
    it[1], it[2] = it[1] + requests, it[2] + tokens
  else
    seconds[second] = {requests, tokens}
  end
end

-- Enter a member's spending anew in place of its last report. Return its own and all spending by seconds.
local function enter(key, me, spent, now)
  local all = {}
  for _, it in ipairs(unpacked(redis.call('HGET', key, 'all')) or {}) do all[it[1]] = {it[2], it[3]} end
  for _, it in ipairs(unpacked(redis.call('HGET', key, 'of:' .. me)) or {}) do
    if all[it[1]] then put(all, it[1], -it[2], -it[3]) end
  end
  local own = {}
  for _, it in ipairs(spent) do
    local second = math.floor(now - it[1])
    if second > now - MINUTE_S and second <= now then put(own, second, it[2], it[3]) end
  end
  for second, it in pairs(own) do put(all, second, it[1], it[2]) end
  local rows, mine = {}, {}
  for second, it in pairs(all) do
    local is_past = second <= now - MINUTE_S or second > now + MINUTE_S
    if is_past or (it[1] < 1e-6 and it[2] < 1e-6) then
      all[second] = nil
    else
      rows[#rows + 1] = {second, it[1], it[2]}
    end
  end
  for second, it in pairs(own) do mine[#mine + 1] = {second, it[1], it[2]} end
  redis.call('HSET', key, 'all', cmsgpack.pack(rows), 'of:' .. me, cmsgpack.pack(mine))
  return own, all
end

-- Return what the others have set aside, how many of them ask for requests, and how many they are.
local function crowd(members_key, spent_key, me, now)
  local aside, active, others = {0, 0}, 0, 0
  local rows = redis.call('HGETALL', members_key)
  for place = 1, #rows, 2 do
    local id, it = rows[place], unpacked(rows[place + 1])
    local is_wrong = it[3] > now + 2 * IDLE_LEASE_S
    if it[3] <= now - MINUTE_S or is_wrong then
      redis.call('HDEL', members_key, id)
      redis.call('HDEL', spent_key, 'of:' .. id)
    elseif id ~= me and it[3] > now then
      aside[1], aside[2] = aside[1] + it[1], aside[2] + it[2]
      others = others + 1
      if it[4] > now - ACTIVE_S then active = active + 1 end
    end
  end
  return aside, active, others
end

local function limits_of(spent_key, said)
  local set = redis.call('HMGET', (string.gsub(spent_key, ':spent$', ':limits')), 'requests', 'tokens')
  local limits, is_set = {said.limits[1], said.limits[2]}, {}
  for d = 1, 2 do
    local number = tonumber(set[d])
    if number and number > 0 then
      is_set[d] = number
      -- A member's own limit may be lower, and is kept to by itself.
      limits[d] = said.keeps_own and limits[d] > 0 and math.min(limits[d], number) or number
    else
      is_set[d] = 0
    end
  end
  return limits, is_set
end

-- Take what a member learned; return what is newest of each kind. Times are of this server.
local function learn(key, said, now)
  local row = redis.call('HMGET', key, 'told', 'told_at', 'refusal', 'refused_at', 'part', 'part_at', 'closed_until')
  local change, found = {}, {}
  for place, name in ipairs({'told', 'refusal', 'part'}) do
    local kept, at = row[2 * place - 1], tonumber(row[2 * place])
    local mine = said[name]
    if mine and (not at or at > now or now - mine.ago_s > at) then
      kept, at = cjson.encode(mine), now - mine.ago_s
      change[#change + 1] = name
      change[#change + 1] = kept
      change[#change + 1] = (name == 'refusal' and 'refused' or name) .. '_at'
      change[#change + 1] = tostring(at)
    end
    if kept and at then
      found[name] = cjson.decode(kept)
      found[name].ago_s = math.max(0, now - at)
    end
  end
  local closed_s = math.min((tonumber(row[7]) or 0) - now, LONGEST_CLOSED_S)
  if said.closed_s > closed_s then
    closed_s = math.min(said.closed_s, LONGEST_CLOSED_S)
    change[#change + 1] = 'closed_until'
    change[#change + 1] = tostring(now + closed_s)
  end
  if #change > 0 then
    redis.call('HSET', key, unpack(change))
    redis.call('EXPIRE', key, 2 * LONGEST_CLOSED_S)
  end
  found.closed_s = math.max(0, closed_s)
  return found
end

-- The amount granted of one dimension, and the largest lease that is fair.
local function granted(it)
  if it.limit <= 0 then return 0, it.wanted end
  local equals = 1 + (it.is_active and it.active or it.others)
  local free = math.max(0, it.limit - it.spent - it.by_others)
  local most = math.min(it.wanted, math.max(it.least, equals > 1 and free / (2 * equals) or free))
  local is_crowded = it.others >= FEW
  if is_crowded and not it.is_active then return 0, most end
  if it.spent + it.by_others + it.aside + it.held == 0 then return is_crowded and most or it.wanted, most end
  local left = free - it.aside - it.held
  if it.spent + it.held > it.limit / equals then left = left - it.least * math.min(it.active, MOST_COURTESY) end
  if is_crowded and not it.is_urgent then
    local paced = it.limit * PACE * PACE_S / 60 - it.lately
    left = math.min(left - it.least * math.max(1, it.others / OTHERS_TO_ONE_KEPT), paced)
  end
  local more = math.max(0, math.min(most - it.held, left))
  if it.held + more < it.least then more = 0 end
  return more, most
end

local function sums(own, all, now)
  local mine, others, lately = {0, 0}, {0, 0}, {0, 0}
  for second, it in pairs(all) do
    local me = own[second] or {0, 0}
    for d = 1, 2 do
      mine[d] = mine[d] + me[d]
      others[d] = others[d] + it[d] - me[d]
      if second > now - PACE_S then lately[d] = lately[d] + it[d] end
    end
  end
  return mine, others, lately
end

local function exchange(keys, args)
  local me, said, now = args[1], cjson.decode(args[2]), clock()
  local own, all = enter(keys[1], me, said.spent, now)
  local aside, active, others = crowd(keys[2], keys[1], me, now)
  local limits, is_set = limits_of(keys[1], said)
  local learned = learn(keys[3], said.learned, now)
  local mine, by_others, lately = sums(own, all, now)
  local grant, most = {0, 0}, {0, 0}
  for _, d in ipairs({2, 1}) do
    local wanted = said.wanted[d]
    if d == 1 and limits[2] > 0 and said.least[2] > 0 then
      wanted = math.min(wanted, math.max(1, most[2] / said.least[2]))
    end
    grant[d], most[d] = granted({
      limit = limits[d], spent = mine[d], by_others = by_others[d], lately = lately[d], aside = aside[d],
      held = said.held[d], wanted = wanted, least = said.least[d], active = active, others = others,
      is_active = said.is_active, is_urgent = said.is_urgent,
    })
  end
  local valid_s = said.is_active and LEASE_S or IDLE_LEASE_S
  local lease = {said.held[1] + grant[1], said.held[2] + grant[2], now + valid_s, said.is_active and now or 0}
  redis.call('HSET', keys[2], me, cmsgpack.pack(lease))
  redis.call('EXPIRE', keys[1], KEPT_S)
  redis.call('EXPIRE', keys[2], KEPT_S)
  local spent_by_others = {}
  for second, it in pairs(all) do
    local me_then = own[second] or {0, 0}
    local requests, tokens = it[1] - me_then[1], it[2] - me_then[2]
    if requests > 1e-6 or tokens > 1e-6 then
      spent_by_others[#spent_by_others + 1] = {math.max(0, now - second), requests, tokens}
    end
  end
  return cjson.encode({
    granted = grant, most = most, valid_s = valid_s, members = others + 1, active = active + 1, limits = is_set, learned = learned,
    spent_by_others = spent_by_others, time = now,
  })
end

-- The row stays for a minute: what the member spent still counts, and is told apart if the member comes back.
local function leave(keys, args)
  redis.call('HSET', keys[2], args[1], cmsgpack.pack({0, 0, clock(), 0}))
  redis.call('EXPIRE', keys[2], KEPT_S)
  return 1
end

redis.register_function('fim_budget_exchange_1', exchange)
redis.register_function('fim_budget_leave_1', leave)
