# cmake -DFROM=… -DTO=… -P plain-ptx.cmake: PTX without comments and with single blanks, line for line. The fatbin tool writes PTX
# that way anyhow; done before, the file that is assembled and tested has the very bytes that ship.
file(READ ${FROM} text)
string(REGEX REPLACE "//[^\n]*" "" text "${text}")
string(REGEX REPLACE "/\\*([^*]|\\*[^/])*\\*/" "" text "${text}")
string(REGEX REPLACE "[ \t]+" " " text "${text}")
string(REGEX REPLACE "\n +" "\n" text "${text}")
string(REGEX REPLACE " +\n" "\n" text "${text}")
file(WRITE ${TO} "${text}")
