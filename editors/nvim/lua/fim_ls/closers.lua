--- The closing brackets, quotes and punctuation behind the cursor that a text says itself, such as the `)` of `x > 0) {`.
--- The text is put over them: what it says of them is drawn around them, and they are replaced where it is accepted.
local M = {}

local OPENERS = { ['('] = ')', ['['] = ']', ['{'] = '}' }
local CLOSING = [[^[%)%]}>"'`;,:%s]*$]]
local MOST = 8
local CLOSERS = { [')'] = true, [']'] = true, ['}'] = true }

--- Find the characters of `over` in a line, in their order. `of_its_own` leaves out the brackets that close one which the
--- line itself has opened.
---@param line string
---@param over string
---@param of_its_own boolean
---@return integer[]? places indexes in the line, one for each character of `over`; nil if not all are there
local function find(line, over, of_its_own)
  local places, depth = {}, 0
  for at = 1, #line do
    local sign = line:sub(at, at)
    if of_its_own and OPENERS[sign] then
      depth = depth + 1
    elseif of_its_own and CLOSERS[sign] and depth > 0 then
      depth = depth - 1
    elseif #places < #over and sign == over:sub(#places + 1, #places + 1) then
      places[#places + 1] = at
    end
  end
  return #places == #over and places or nil
end

--- Find where a text says the closers behind the cursor.
---@param text string a text of several lines says them in its first one
---@param over string the closers
---@return integer[]? places indexes in the text, one for each closer; nil if it does not say them, or they are others
function M.places(text, over)
  if #over > MOST or not over:match(CLOSING) then
    return nil
  end
  local line = text:match('^[^\n]*')
  return find(line, over, true) or find(line, over, false)
end

--- Cut a text at the closers that stand behind the cursor already.
---@param text string without a line end
---@param over string
---@return string[] pieces one before each closer, and one behind the last
function M.pieces(text, over)
  local pieces, from = {}, 1
  for _, place in ipairs(assert(M.places(text, over))) do
    pieces[#pieces + 1] = text:sub(from, place - 1)
    from = place + 1
  end
  pieces[#pieces + 1] = text:sub(from)
  return pieces
end

--- Count the closers that are replaced where the beginning of a text is accepted.
---@param text string
---@param over string
---@param length integer of the beginning, in bytes
---@return integer
function M.count_replaced(text, over, length)
  local count = 0
  for _, place in ipairs(assert(M.places(text, over))) do
    count = count + (place <= length and 1 or 0)
  end
  return count
end

return M
